"""`manage.py two_step take-off ADDRESS`: for an operator who lost their second step."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import two_step
from cdp.accounts.models import Operator
from cdp.accounts.operators import workspaces_of
from cdp.kernel import database

LONGEST_REASON = 120


class Command(BaseCommand):
    """Take every second step off an operator; they set one up anew at the next sign-in."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["take-off"])
        parser.add_argument("address", help="the operator's e-mail address")
        parser.add_argument("--reason", required=True, help="kept on the record; names nobody")

    def handle(self, *arguments: Any, address: str, reason: str, **options: Any) -> None:
        operator = Operator.objects.filter(email__iexact=address.strip()).first()
        if operator is None:
            raise CommandError("No operator has this address.")
        if len(reason) > LONGEST_REASON or "@" in reason:
            raise CommandError("Give a short reason without an address, such as a ticket.")
        places = workspaces_of(operator)
        with database.atomic(), database.in_workspace(places[0] if places else None):
            count = two_step.take_off(operator.pk)
            record(
                Actor.system("two_step"),
                "operator.two_step_taken_off",
                obj=f"operator:{operator.pk}",
                detail={"steps": count, "reason": reason},
            )
        self.stdout.write(f"{count} second steps taken off; every session of theirs has ended.")
