"""`manage.py mailbox`: the local mail server that keeps what it is given."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cdp.runtime.mailbox import Keeper, serve


class Command(BaseCommand):
    """Take mail on CDP_SMTP_PORT and keep it in CDP_MAILBOX_DIR."""

    help = "Run a local mail server that keeps each message as a file and delivers nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen, where to keep, and how slowly to answer."""
        parser.add_argument("--port", type=int, default=settings.SMTP_PORT)
        parser.add_argument("--folder", type=Path, default=settings.MAILBOX_DIR)
        parser.add_argument("--delay-ms", type=int, default=0, help="wait before each answer")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        keeper = Keeper(options["folder"], delay_s=options["delay_ms"] / 1000)
        asyncio.run(serve(keeper, port=options["port"]))
