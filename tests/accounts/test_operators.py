"""Operators: made once per address, with a password worth the name, and roles that add up."""

import pytest

from cdp.accounts import operators
from cdp.accounts.models import OperatorRole
from cdp.kernel import database
from cdp.kernel.models import Workspace

pytestmark = pytest.mark.django_db

Role = OperatorRole.Role
GOOD = "correct horse battery"


def test_an_operator_is_found_in_whatever_case_the_address_is_written(workspace: Workspace) -> None:
    with database.door("web"):
        operators.create_operator(email="Alice@Example.com", name="Alice", password=GOOD)

        with pytest.raises(operators.OperatorExists):
            operators.create_operator(email="alice@example.COM", name="Again", password=GOOD)


@pytest.mark.parametrize("weak", ["short", "password1234"])
def test_a_weak_password_is_refused_without_being_quoted(workspace: Workspace, weak: str) -> None:
    with database.door("web"), pytest.raises(operators.WeakPassword) as refusal:
        operators.create_operator(email="alice@example.com", name="Alice", password=weak)

    assert weak not in str(refusal.value)


def test_what_is_no_address_is_refused_without_being_quoted(workspace: Workspace) -> None:
    with database.door("web"), pytest.raises(operators.UnreadableAddress) as refusal:
        operators.create_operator(email="alice at home", name="Alice", password=GOOD)

    assert "alice" not in str(refusal.value)


def test_a_role_counts_until_it_is_taken(workspace: Workspace) -> None:
    with database.door("web"):
        alice = operators.create_operator(email="a@example.com", name="Alice", password=GOOD)
        assert operators.workspaces_of(alice) == []

        operators.grant_role(alice, workspace=workspace.pk, role=Role.MARKETER)
        operators.grant_role(alice, workspace=workspace.pk, role=Role.MARKETER)
        operators.grant_role(alice, workspace=workspace.pk, role=Role.ANALYST)

        assert operators.workspaces_of(alice) == [workspace.pk]
        assert alice.roles.count() == 2

        operators.take_role(alice, workspace=workspace.pk, role=Role.MARKETER)
        assert [each.role for each in alice.roles.all()] == [Role.ANALYST]
