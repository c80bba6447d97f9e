"""Check what every process checks before it serves, once, with one sentence if it must not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.boot import refuse_if_unsafe
from cdp.kernel.errors import CdpError


class Command(BaseCommand):
    """Refuse a superuser connection, an unprotected table, a wrong keyring, another catalogue."""

    help = "Check roles, policies, purposes and keys as each process does before it serves."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Check and say so.

        :raises CommandError: the process must not run; the text says what to do
        """
        try:
            refuse_if_unsafe()
        except CdpError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write("Roles, policies, purposes and keys are as they must be.")
