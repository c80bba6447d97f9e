"""`manage.py doctor`: one sentence for each thing that is missing, and what to do."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cdp.management.commands.up import ground
from cdp.runtime.database_findings import servers
from cdp.runtime.findings import machine


class Command(BaseCommand):
    """Look at the machine and at the servers, where they run; change nothing."""

    help = "Say in one sentence each what is fine and what is missing."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Print every finding.

        :raises CommandError: something required is missing
        """
        place, broken = ground(is_demo=False), 0
        for finding in chain(machine(place), servers(place)):
            mark = "✓" if finding.fine else "✗" if finding.required else "–"
            self.stdout.write(f"{mark} {finding.says}")
            broken += finding.required and not finding.fine
        if broken:
            raise CommandError(f"{broken} required things are missing.")
