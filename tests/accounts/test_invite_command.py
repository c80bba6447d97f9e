"""The way in from the server: the first owner, and one who is locked out."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from audit.models import Inbox
from cdp.accounts import invitations, operators, team
from cdp.accounts.models import Operator
from cdp.accounts.permissions import Role
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role as Login

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def invite(*arguments: str) -> str:
    """Run the command as its login and return the token of the link that it printed."""
    out = StringIO()
    with database.door("web"):
        call_command("invite", *arguments, stdout=out)
    return out.getvalue().splitlines()[0].partition("/account/join/#")[2]


def acts() -> list[str]:
    """Return what the record says about operators."""
    with database.as_role(Login.AUDIT):
        rows = Inbox.objects.filter(act__startswith="operator.").order_by("id")
        return [f"{row.actor} {row.act}" for row in rows]


def test_the_first_owner_comes_in_by_a_link(workspace: Workspace) -> None:
    token = invite("ada@shop.example", "--name", "Ada", "--owner")

    with database.door("web"):
        invitations.accept(token, password=PASSWORD)
        [ada] = team.members(workspace.pk)
    assert (ada.operator.name, ada.roles) == ("Ada", (Role.ADMINISTRATOR,))
    assert ada.operator.check_password(PASSWORD)
    assert acts() == ["sys:invite operator.invited", "sys:invite operator.role_granted"]


def test_a_workspace_is_made_with_its_first_owner(workspace: Workspace) -> None:
    with pytest.raises(CommandError, match="There is no workspace “outlet”"):
        invite("bob@outlet.example", "--workspace", "outlet", "--owner")

    invite(
        "bob@outlet.example", "--workspace", "outlet", "--workspace-name", "Bob's Outlet", "--owner"
    )

    with database.door("web"):
        outlet = Workspace.objects.get(key="outlet")
        assert [each.operator.email for each in team.members(outlet.pk)] == ["bob@outlet.example"]
        assert team.members(workspace.pk) == []


def test_a_locked_out_owner_gets_a_fresh_link_and_starts_without_the_lost_step(
    workspace: Workspace,
) -> None:
    with database.door("web"):
        ada = operators.create_operator(email="ada@shop.example", name="Ada", password=PASSWORD)
        operators.grant_role(ada, workspace=workspace.pk, role=Role.ADMINISTRATOR)
        Authenticator.objects.create(user=ada, type="totp", data={})

    token = invite("Ada@Shop.example", "--without-second-step")

    with database.door("web"):
        invitations.accept(token, password="another long password")
        again = Operator.objects.get(pk=ada.pk)
        assert not Authenticator.objects.filter(user=ada).exists()
    assert (again.name, again.check_password("another long password")) == ("Ada", True)
    assert "sys:invite operator.two_step_taken_off" in acts()
