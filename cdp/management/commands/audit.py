"""`manage.py audit …`: what others need to check the log without us; dropping old detail."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_current_timezone

from audit import consistency, exports, forgetting, proofs, signing
from audit.actors import Actor
from audit.inbox import record
from audit.origins import begin_origin
from audit.shelf import newest_checkpoint
from cdp.kernel.errors import CdpError

ACTOR = Actor.system("command")


class Command(BaseCommand):
    """Hand out what others need to check the log without us."""

    help = "Proofs, exports, checkpoints and the verifier key of the audit log; dropping detail."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="what", required=True)
        prove = acts.add_parser("prove", help="the proof file of one entry")
        prove.add_argument("index", type=int)
        export = acts.add_parser("export", help="entries as one file that is checked alone")
        export.add_argument("--from", dest="first", type=int, default=0, help="the first entry")
        export.add_argument("--to", dest="beyond", type=int, help="up to, not with, this entry")
        growth = acts.add_parser("consistency", help="that the log adds to a kept checkpoint")
        growth.add_argument("kept", type=Path, help="the checkpoint or proof file that was kept")
        for each in (prove, export, growth):
            each.add_argument("-o", "--output", type=Path, help="write it to this file")
        acts.add_parser("vkey", help="the verifier key to publish")
        acts.add_parser("checkpoint", help="the newest signed checkpoint")
        origin = acts.add_parser("new-origin", help="go on under a new name after a restore")
        origin.add_argument("--reason", required=True, help="kept in the log; no personal value")
        forget = acts.add_parser("forget-detail", help="drop the detail of old entries")
        forget.add_argument("--before", required=True, help="a date, at least 30 days ago")
        forget.add_argument("--act", default="", help="only acts that begin like this: vault.open")
        forget.add_argument("--yes", action="store_true", help="do it; without, only tell")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options)
        except CdpError as refused:
            raise CommandError(str(refused)) from None

    def _do(self, options: dict[str, Any]) -> None:
        match options["what"]:
            case "prove":
                self._hand_out([proofs.prove(options["index"])], options["output"])
            case "export":
                first, beyond = exports.bounds(options["first"], options["beyond"])
                record(ACTOR, "log.export", detail={"first": first, "beyond": beyond})
                self._hand_out(exports.export(first, beyond), options["output"])
            case "consistency":
                kept = consistency.note_in(options["kept"].read_text())
                self._hand_out([consistency.prove_growth(kept)], options["output"])
            case "vkey":
                self.stdout.write(signing.vkey())
            case "checkpoint":
                newest = newest_checkpoint()
                if newest is None:
                    raise CommandError("The log has no entry yet.")
                self.stdout.write(newest.note, ending="")
            case "new-origin":
                self.stdout.write(begin_origin(options["reason"]))
            case "forget-detail":
                self._forget(_day(options["before"]), options["act"], options["yes"])

    def _hand_out(self, pieces: Iterable[str], output: Path | None) -> None:
        if output is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        with output.open("w") as file:
            file.writelines(pieces)

    def _forget(self, before: datetime, act: str, is_meant: bool) -> None:
        try:
            stretch = forgetting.plan(before, act=act)
        except forgetting.NothingToForget:
            if not is_meant:
                raise
            # an earlier run may have been stopped between saying so and doing it
            self.stdout.write(f"The detail of {forgetting.carry_out():,} entries was dropped.")
            return
        told = f"{stretch.entries:,} entries from {stretch.first} to {stretch.beyond - 1}"
        if not is_meant:
            self.stdout.write(
                f"The detail of {told} would be dropped; their place in the tree, time, act, actor "
                f"and object stay. Proof files of them cannot be made any more. Add --yes to do it."
            )
            return
        self.stdout.write(
            f"The detail of {forgetting.forget(ACTOR, stretch):,} entries was dropped ({told})."
        )


def _day(text: str) -> datetime:
    """Return the start of a day, or an instant, in the deployment's zone."""
    try:
        at, day = parse_datetime(text), parse_date(text[:10])
    except ValueError:
        at = day = None
    if at is None and day is not None:
        at = datetime(day.year, day.month, day.day)  # noqa: DTZ001  (the zone is given below)
    if at is None:
        raise CommandError("Give the date like 2026-01-31.")
    return at if at.tzinfo else at.replace(tzinfo=get_current_timezone())
