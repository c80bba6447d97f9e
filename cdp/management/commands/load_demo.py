"""Load the Complete Journey sample through the running front door."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.demo.load import DEFAULT_BATCH, load
from cdp.demo.posting import MAX_EVENTS
from cdp.kernel.errors import CdpError


class Command(BaseCommand):
    """Post people, consents and a year of purchases; loading again changes nothing."""

    help = "Load the Complete Journey sample through the running front door."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to post and how much."""
        parser.add_argument("--base-url", default=settings.PUBLIC_URL, help="of the running web")
        parser.add_argument("--households", type=int, help="only the first N, the richest first")
        parser.add_argument("--as-recorded", action="store_true", help="keep the dates of 2017")
        parser.add_argument("--batch", type=int, default=DEFAULT_BATCH, help="events a request")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what came of it."""
        households, batch, base_url = (
            options["households"],
            options["batch"],
            options["base_url"],
        )
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise CommandError("--base-url begins with http:// or https://.")
        if households is not None and households < 1:
            raise CommandError("--households takes a number from 1.")
        if not 1 <= batch <= MAX_EVENTS:
            raise CommandError(f"--batch takes a number from 1 to {MAX_EVENTS}.")
        try:
            loaded = load(
                base_url,
                var=settings.VAR,
                households=households,
                as_recorded=options["as_recorded"],
                batch=batch,
            )
        except CdpError as refused:
            raise CommandError(str(refused)) from None
        if loaded.already_there:
            self.stdout.write(f"Already loaded: {loaded.households:,} households.")
            return
        self.stdout.write(
            f"Loaded {loaded.households:,} households, {loaded.events:,} events: posted at"
            f" {loaded.posted_rate:,} a second, taken in at {loaded.drained_rate:,} a second."
            f" Dates moved by {loaded.shift_days:,} days."
        )
