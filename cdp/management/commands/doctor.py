"""`manage.py doctor`: one sentence for each thing that is missing, and what to do."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from cdp.boot import refuse_if_unsafe
from cdp.kernel.errors import CdpError
from cdp.management.commands.up import ground
from cdp.runtime.database_findings import is_up, servers
from cdp.runtime.findings import Finding, machine
from cdp.runtime.launch import Ground


def boot(place: Ground) -> Iterator[Finding]:
    """Say whether a process would agree to serve, where the database runs."""
    if not is_up(place):
        return
    try:
        refuse_if_unsafe()
    except CdpError as refusal:
        yield Finding(False, str(refusal))
    except DatabaseError:
        yield Finding(False, "The tables are not there or not whole; run “manage.py up”.")
    else:
        yield Finding(True, "Roles, policies, purposes and keys are as they must be.")


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
        for finding in chain(machine(place), servers(place), boot(place)):
            mark = "✓" if finding.fine else "✗" if finding.required else "–"
            self.stdout.write(f"{mark} {finding.says}")
            broken += finding.required and not finding.fine
        if broken:
            raise CommandError(f"{broken} required things are missing.")
