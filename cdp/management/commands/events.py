"""`manage.py events export`: print the accepted events, one JSON object a line."""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actors import Actor
from cdp.kernel import database, workspaces
from cdp.kernel.errors import CdpError
from consent import boot
from profiles.events import journal
from profiles.events.export import Wanted, export
from profiles.sources import find as sources

ACTOR = Actor.system("command")
PAUSE_SECONDS = 0.2


class Command(BaseCommand):
    """Print accepted events as they were sent, under the purpose `operations`, on the record."""

    help = "Print accepted events, one JSON object a line; recorded like every reading of people."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["export"])
        parser.add_argument("--format", choices=["jsonl"], default="jsonl")
        parser.add_argument("--since", help="received at or after this moment (ISO 8601)")
        parser.add_argument("--source", help="of the source with this key alone")
        parser.add_argument(
            "--wait",
            type=float,
            default=30.0,
            metavar="SECONDS",
            help="how long to wait for what was accepted before, but is not in the log yet",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        boot.check_role()
        since = _moment(options["since"])
        self._wait_for_journal(options["wait"])
        try:
            for workspace in workspaces.every():
                with database.in_workspace(workspace):
                    self._print(since, options["source"])
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except CdpError as refusal:
            raise CommandError(str(refusal)) from None

    def _print(self, since: datetime | None, source_key: str | None) -> None:
        source: UUID | None = None
        if source_key:
            found = sources.by_key(source_key)
            if found is None:
                raise CommandError(f"There is no source “{source_key}”.")
            source = found.id
        for event in export(Wanted(since=since, source=source), actor=ACTOR):
            self.stdout.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
        self.stdout.flush()

    def _wait_for_journal(self, seconds: float) -> None:
        """Wait until what was accepted before has been drained; say so if it was not."""
        newest = journal.newest()
        pause = threading.Event()
        for _ in range(int(seconds / PAUSE_SECONDS)):
            if journal.waiting(up_to=newest) == 0:
                return
            pause.wait(PAUSE_SECONDS)
        if left := journal.waiting(up_to=newest):
            self.stderr.write(
                f"{left} accepted requests are not in the log yet. Start the ingest process: "
                "manage.py drain"
            )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("Give --since as 2026-01-31 or 2026-01-31T12:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
