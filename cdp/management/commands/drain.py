"""The ingest process: drain the intake journal and fold what expired, for ever or until done."""

import signal
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connections

from cdp.kernel import clock, database, logging, workspaces
from cdp.kernel.logging import logger
from consent import boot, expire
from profiles import pipeline
from profiles.events import intake_key, journal

IDLE_SECONDS, AFTER_FAILURE_SECONDS = 0.2, 2.0
KEYS_EVERY = timedelta(minutes=10)


class Command(BaseCommand):
    """Drain the intake journal into the event log."""

    help = "Drain the intake journal into the event log; runs until it is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when the journal is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.set_up()
        boot.check_all()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        keys_due = clock.now()
        while not stop.is_set():
            try:
                busy = self._drain_all()
                if clock.now() >= keys_due:
                    keys_due = clock.now() + KEYS_EVERY
                    _turn_keys()
            except (DatabaseError, InterfaceError):
                logger().exception("drain.failed")
                connections.close_all()
                stop.wait(AFTER_FAILURE_SECONDS)
                continue
            if not busy:
                if options["once"]:
                    return
                stop.wait(IDLE_SECONDS)

    def _drain_all(self) -> bool:
        """Drain a batch and fold what expired, in each workspace; return whether there was any."""
        drained = [pipeline.drain(each) for each in journal.workspaces_waiting()]
        return any([*drained, *map(_fold_expired, workspaces.every())])


def _fold_expired(workspace: UUID) -> int:
    with database.in_workspace(workspace):
        return expire.fold_due(as_of=clock.now())


def _turn_keys() -> None:
    """Begin a day's intake key when it is time, and destroy the one that nothing needs."""
    intake_key.rotate_if_due(as_of=clock.now())
    intake_key.destroy_drained(as_of=clock.now())
