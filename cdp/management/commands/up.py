"""`manage.py up`: start servers and processes, keep them running, stop them on Ctrl-C."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdp.kernel import keyring
from cdp.kernel.errors import CdpError
from cdp.runtime.launch import Ground, bring_up, lay_ground, write_logins
from cdp.runtime.progress import Progress
from cdp.runtime.session import hold
from cdp.runtime.supervisor import StopAsked, Supervisor
from cdp.settings.base import secret


def ground(*, is_demo: bool) -> Ground:
    """Return what a launch stands on, from the settings and the environment."""
    return Ground(
        root=settings.ROOT,
        var=settings.VAR.resolve(),
        keyring=keyring.provider(),
        static_root=Path(settings.STATIC_ROOT),
        static_sources=tuple(Path(folder) for folder in settings.STATICFILES_DIRS),
        database_url=secret("DATABASE_URL"),
        valkey_url=secret("VALKEY_URL") or secret("REDIS_URL"),
        public_url=os.environ.get("CDP_PUBLIC_URL", ""),
        port=int(os.environ.get("CDP_PORT", "0")),
        dsn_file=Path(os.environ["CDP_DSN_FILE"]) if "CDP_DSN_FILE" in os.environ else None,
        is_demo=is_demo,
    )


class Command(BaseCommand):
    """Start everything and stay in the foreground; settings come from the environment."""

    help = "Start the servers and all processes; Ctrl-C stops them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to prepare only, for launchers of another kind."""
        parser.add_argument(
            "--prepare",
            type=Path,
            metavar="FOLDER",
            help="make keys, roles and tables, write each process's logins there, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Run until somebody asks to stop.

        :raises CommandError: something failed; everything that was started is stopped
        """
        place, progress = ground(is_demo=False), Progress()

        def begin(supervisor: Supervisor) -> None:
            if folder := options["prepare"]:
                up = lay_ground(place, supervisor, progress)
                write_logins(folder, up.deployment)
                raise StopAsked
            up = bring_up(place, supervisor, progress)
            progress.say(f"Candor runs at {up.deployment.public_url}. Ctrl-C stops it.")

        try:
            hold(place, progress, begin)
        except CdpError as reason:
            raise CommandError(str(reason)) from None
