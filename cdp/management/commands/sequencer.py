"""
`manage.py sequencer`: the one plain loop that orders the log and takes lapsed leases back.

Beside it a second thread, with a connection of its own, checks the whole log when somebody asked
for it or an hour went by, and has a witness sign checkpoints; neither holds sequencing up.
"""

import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connections
from django.utils.module_loading import import_string

from audit import anchors, verification
from audit.anchors import LogForked
from audit.sequencer import BATCH, sequence
from audit.witness import Cosigner
from cdp.kernel import clock, database
from cdp.kernel.logging import logger
from cdp.keys import work as key_work

# What else runs in this process, by dotted name: the database door it speaks through, how often.
Rounds = Mapping[str, tuple[str, timedelta]]
ROUNDS: Rounds = {"campaigns.delivery.sweep.sweep": ("sweep", timedelta(seconds=15))}
# What the second thread does, in this order, while the loop sequences.
ASIDE: tuple[Callable[[], object], ...] = (
    verification.carry_out_asked,
    verification.carry_out_due,
    key_work.carry_out_asked,
    Cosigner(),
)
PAUSE_SECONDS = 1.0
PAUSE_AFTER_FAILURE_SECONDS = 5.0


class Loop:
    """Sequences while there is something to do, makes the rounds when due, stops when asked."""

    def __init__(self, rounds: Rounds = ROUNDS) -> None:
        self._rounds = rounds
        self._stopping = threading.Event()
        self._due: dict[str, datetime] = {}

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the loop to end after the step at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Run until asked to stop; a database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                busy = self.step() == BATCH
                pause = 0.0 if busy else PAUSE_SECONDS
            except (OperationalError, InterfaceError) as failure:
                logger().error("sequencer.database_away", error=type(failure).__name__)
                connections.close_all()
                pause = PAUSE_AFTER_FAILURE_SECONDS
            self._stopping.wait(pause)

    def step(self) -> int:
        """Sequence one batch, then make the rounds that are due; return the batch's size."""
        count = sequence(BATCH)
        if count:
            logger().info("sequencer.signed", entries=count)
        for name, (door, every) in self._rounds.items():
            now = clock.now()
            if now >= self._due.get(name, now):
                self._due[name] = now + every
                with database.door(door):
                    import_string(name)()
        return count


class Aside(threading.Thread):
    """Does what takes long beside the loop; ends with the process, wherever it is."""

    def __init__(self, steps: tuple[Callable[[], object], ...] = ASIDE) -> None:
        super().__init__(name="aside", daemon=True)
        self._steps = steps
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask the thread to end after the step at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Run until asked to stop; what fails is named and tried again."""
        while not self._stopping.is_set():
            pause = PAUSE_SECONDS if self.step() else PAUSE_AFTER_FAILURE_SECONDS
            self._stopping.wait(pause)
        connections.close_all()

    def step(self) -> bool:
        """Do each step once, whatever became of the others; return whether all went well."""
        went_well = True
        for each in self._steps:
            try:
                each()
            except Exception as failure:
                went_well = False
                logger().error("sequencer.aside_failed", error=type(failure).__name__)
                if isinstance(failure, OperationalError | InterfaceError):
                    connections.close_all()
        return went_well


class Command(BaseCommand):
    """Order audit entries into the signed tree and sweep lapsed deliveries, until stopped."""

    help = "Order audit entries into the signed tree; sweep deliveries whose lease ran out."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="drain what waits, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            anchors.check()
        except LogForked as forked:
            raise CommandError(str(forked)) from None
        anchors.publish()  # what a kill between commit and file left out
        loop = Loop()
        if options["once"]:
            while loop.step() == BATCH:
                pass
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, loop.stop)
        aside = Aside()
        aside.start()
        loop.run()
        aside.stop()
