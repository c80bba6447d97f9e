"""`manage.py erase` as people run it."""

import json
import re
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import decide
from cdp.approvals.models import Approval
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.people import EVERYTHING, Shop
from tests.rights.holdings import Holdings


def run(*arguments: object) -> str:
    """Run the command as the process it is, and return what it printed."""
    out = StringIO()
    with database.as_role(Role.RIGHTS):
        call_command("erase", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_one_person_is_erased_and_certified(own_shop: Shop, holdings: Holdings) -> None:
    sofia = own_shop.welcome("sofia", says=EVERYTHING)

    certificate = json.loads(run(sofia.subject, "--reason", "inactive"))

    assert certificate["reason"] == "inactive"
    assert certificate["rows"]["profiles_profile"] == 1
    assert "profiles_profile" not in holdings.of(sofia.subject)
    assert json.loads(run("--certificate", certificate["erasure"])) == certificate


def test_a_dry_run_counts_and_changes_nothing(own_shop: Shop, holdings: Holdings) -> None:
    sofia = own_shop.welcome("sofia", says=EVERYTHING)

    plan = json.loads(run(sofia.subject, "--dry-run"))

    assert plan["rows"]["kernel_subjectkey"] == 1
    assert plan["all"] == sum(plan["rows"].values())
    assert "profiles_profile" in holdings.of(sofia.subject)


def test_several_people_are_asked_for_first(own_shop: Shop, holdings: Holdings) -> None:
    people = [own_shop.welcome(name).subject for name in ("sofia", "priya")]
    with database.as_role(Role.WEB):
        omar = Operator.objects.create(email="omar@shop.example", name="Omar")
        for role in (OperatorRole.Role.PRIVACY, OperatorRole.Role.APPROVER):
            OperatorRole.objects.create(operator=omar, workspace=own_shop.workspace, role=role)

    with pytest.raises(CommandError, match="run this again with: --approval") as asked:
        run(*people)

    found = re.search(r"--approval ([0-9a-f-]{36})", str(asked.value))
    assert found
    with database.as_role(Role.WEB):
        waiting = Approval.objects.get(pk=UUID(found[1]))
        decide.approve(waiting.pk, now_is=waiting.snapshot, actor=Actor.operator(omar.pk))
    assert all("profiles_profile" in holdings.of(each) for each in people)
    run(*people, "--approval", found[1])
    assert not any("profiles_profile" in holdings.of(each) for each in people)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Name at least one subject id"),
        ((uuid4(),), "no person with that id"),
        (("--certificate", uuid4()), "no such erasure"),
        ((uuid4(), "--workspace", "nowhere"), "no workspace"),
    ],
)
def test_what_cannot_be_done_is_said(
    own_shop: Shop, arguments: tuple[object, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(*arguments)


def test_where_there_are_several_workspaces_one_is_named(own_shop: Shop) -> None:
    sofia = own_shop.welcome("sofia")
    with database.as_role(Role.WEB):
        Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})

    with pytest.raises(CommandError, match="--workspace KEY"):
        run(sofia.subject)

    assert run(sofia.subject, "--workspace", "default", "--dry-run")
