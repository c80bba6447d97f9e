"""
`manage.py invite`: the way in from the server, for the first owner and for a locked-out one.

Whoever may run it on the server needs nobody's approval, so it is on the record as the command's.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import invitations, operators, two_step
from cdp.accounts.models import Operator
from cdp.accounts.permissions import Role
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.models import Workspace

ACTOR = Actor.system("invite")


class Command(BaseCommand):
    """Let an operator in, on the record; print the link once."""

    help = "Invite an operator, or give one a fresh link; the first owner comes in by it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom, where, and as what."""
        parser.add_argument("email", help="the operator's address")
        parser.add_argument("--name", default="", help="what they are called, if they are new")
        parser.add_argument("--owner", action="store_true", help="make them an owner")
        parser.add_argument("--workspace", default="default", metavar="KEY")
        parser.add_argument(
            "--workspace-name", default="", metavar="NAME", help="make the workspace if it is new"
        )
        parser.add_argument(
            "--without-second-step", action="store_true", help="take a lost second step off"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Do it and print the link.

        :raises CommandError: it was refused; the text says what to do
        """
        try:
            workspace = _workspace(options["workspace"], name=options["workspace_name"])
            with database.in_workspace(workspace.pk), acting(ACTOR):
                token = _let_in(workspace, options)
        except CdpError as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('account:join')}#{token}")
        self.stdout.write("It works once, for 24 hours. Hand it over on a safe way.")


def _workspace(key: str, *, name: str) -> Workspace:
    found = Workspace.objects.filter(key=key).first()
    if found is not None:
        return found
    if not name:
        known = ", ".join(Workspace.objects.order_by("key").values_list("key", flat=True))
        raise CommandError(
            f"There is no workspace “{key}” (there is: {known or 'none'}). "
            "Give --workspace-name to make it."
        )
    return Workspace.objects.create(key=key, name=name, settings={"time_zone": "UTC"})


def _let_in(workspace: Workspace, options: dict[str, Any]) -> str:
    address = operators.read_address(options["email"])
    found = Operator.objects.filter(email__iexact=address, is_active=True).first()
    if found is None or not invitations.is_member(found.pk, workspace=workspace.pk):
        invited = invitations.invite(
            email=address, name=options["name"] or address, workspace=workspace.pk
        )
        found = invited.operator
    token = invitations.replace(found, workspace=workspace.pk)
    _note("operator.invited", found)
    if options["owner"]:
        operators.grant_role(found, workspace=workspace.pk, role=Role.ADMINISTRATOR)
        _note("operator.role_granted", found, role=Role.ADMINISTRATOR)
    if options["without_second_step"]:
        _note("operator.two_step_taken_off", found, steps=two_step.take_off(found.pk))
    return token


def _note(act: str, operator: Operator, **detail: str | int) -> None:
    record(ACTOR, act, obj=f"operator:{operator.pk}", detail=detail)
