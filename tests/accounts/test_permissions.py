"""The matrix of roles: all of it is said in words, and what weighs most is given on purpose."""

import pytest

from cdp.accounts import permissions
from cdp.accounts.permissions import PERMISSIONS, ROLES, WORDS, Role

PEOPLE = {"profiles:read", "profiles:write", "events:read", "pii:reveal"}


def test_roles_add_up() -> None:
    both = permissions.held([Role.MARKETER, Role.APPROVER])

    assert both == PERMISSIONS[Role.MARKETER] | PERMISSIONS[Role.APPROVER]
    assert permissions.held([]) == frozenset()


def test_every_role_and_every_permission_is_said_in_words() -> None:
    used = frozenset().union(*PERMISSIONS.values())

    assert set(PERMISSIONS) == set(ROLES) == set(Role)
    assert set(WORDS) == used
    assert all(str(text) for text in [*WORDS.values(), *permissions.SCOPES.values()])


def test_only_the_approver_approves() -> None:
    for role in set(Role) - {Role.APPROVER}:
        assert not [each for each in PERMISSIONS[role] if each.endswith(":approve")]
    assert {each.partition(":")[2] for each in PERMISSIONS[Role.APPROVER]} == {"approve"}


def test_the_owner_sees_no_customer_and_the_auditor_changes_nothing() -> None:
    assert not PERMISSIONS[Role.ADMINISTRATOR] & PEOPLE
    assert {each.partition(":")[2] for each in PERMISSIONS[Role.AUDITOR]} == {"read"}


@pytest.mark.parametrize("role", Role)
def test_what_reveals_approves_or_owns_takes_a_second_owner(role: Role) -> None:
    weighty = {Role.SUPPORT, Role.PRIVACY, Role.ADMINISTRATOR, Role.APPROVER}

    assert permissions.needs_second_owner(role) == (role in weighty)


def test_who_holds_a_permission_is_found() -> None:
    assert permissions.roles_with("audit:read") == [
        Role.PRIVACY, Role.AUDITOR, Role.ADMINISTRATOR,
    ]  # fmt: skip
