"""`manage.py demo`: everything up with real sample data; Ctrl-C stops all of it."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.kernel.errors import CdpError
from cdp.management.commands.up import ground
from cdp.runtime import run_file, show
from cdp.runtime.launch import bring_up
from cdp.runtime.progress import Progress
from cdp.runtime.session import hold
from cdp.runtime.supervisor import Supervisor


class Command(BaseCommand):
    """Start everything, load the sample once, print addresses and sign-ins."""

    help = "Start everything with sample data; DEMO=small loads 300 households."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how much to load and with which dates."""
        parser.add_argument("--size", choices=["full", "small"], default=os.environ.get("DEMO"))
        parser.add_argument("--as-recorded", action="store_true", help="keep the dates of 2017")

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Run until somebody asks to stop.

        :raises CommandError: something failed; everything that was started is stopped
        """
        place, progress = ground(is_demo=True), Progress()
        arguments = show.load_arguments(
            options["size"] or "full", as_recorded=options["as_recorded"]
        )

        def begin(supervisor: Supervisor) -> None:
            up = bring_up(place, supervisor, progress)
            show.load(up, supervisor, progress, arguments=arguments)

            def announce() -> None:
                facts = show.running(place, up, supervisor, launcher=os.getpid())
                run_file.write(place.var / "run.json", facts)

            supervisor.tell(announce)
            announce()
            facts = show.running(place, up, supervisor, launcher=os.getpid())
            progress.say(show.page(run_file.document(facts)))

        try:
            hold(place, progress, begin)
        except CdpError as reason:
            raise CommandError(str(reason)) from None
