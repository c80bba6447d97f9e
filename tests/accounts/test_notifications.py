"""Notifications: who is told, once where it shall be once, and what is read."""

from uuid import UUID

import pytest

from cdp.accounts import notifications
from cdp.accounts.models import Operator, OperatorRole
from cdp.accounts.notifications import Kind
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role

PRIVACY, MARKETER = OperatorRole.Role.PRIVACY, OperatorRole.Role.MARKETER


def operator(name: str, *roles: OperatorRole.Role, at: Workspace, active: bool = True) -> UUID:
    with database.as_role(Role.WEB):
        made: Operator = Operator.objects.create(
            email=f"{name}@shop.example", name=name.title(), is_active=active
        )
        for role in roles:
            OperatorRole.objects.create(operator=made, workspace=at, role=role)
    return made.pk


@pytest.fixture
def omar(workspace: Workspace) -> UUID:
    return operator("omar", PRIVACY, at=workspace)


@pytest.fixture
def alice(workspace: Workspace) -> UUID:
    return operator("alice", MARKETER, at=workspace)


def lines(of: UUID) -> list[tuple[str, str]]:
    with database.as_role(Role.WEB):
        return [(line.kind, line.obj) for line in notifications.newest(of)]


def test_each_of_those_told_has_the_line_and_nobody_else(omar: UUID, alice: UUID) -> None:
    notifications.tell([omar], Kind.JOB_FAILED, obj="job:1", params={"kind": "refresh_segment"})

    assert lines(omar) == [("job.failed", "job:1")]
    assert lines(alice) == []


def test_one_occasion_is_told_once_and_another_again(omar: UUID, alice: UUID) -> None:
    notifications.tell([omar], Kind.ALERT_HIT, once="reveals/7")

    notifications.tell([omar, alice], Kind.ALERT_HIT, once="reveals/7")
    notifications.tell([omar], Kind.ALERT_HIT, once="reveals/8")

    assert [len(lines(omar)), len(lines(alice))] == [2, 1]


def test_lines_without_an_occasion_are_all_told(omar: UUID) -> None:
    for _ in range(2):
        notifications.tell([omar], Kind.APPROVAL_ASKED)

    assert len(lines(omar)) == 2


def test_reading_one_leaves_the_others_unread(omar: UUID, alice: UUID) -> None:
    for name in ("one", "two"):
        notifications.tell([omar, alice], Kind.JOB_FAILED, obj=f"job:{name}")
    with database.as_role(Role.WEB):
        newer, older = notifications.newest(omar)

        read = notifications.mark_read(omar, only=newer.pk)

        assert read == 1
        assert [line.pk for line in notifications.newest(omar, only_unread=True)] == [older.pk]
        assert [notifications.unread(omar), notifications.unread(alice)] == [1, 2]


def test_nobody_reads_the_lines_of_another(omar: UUID, alice: UUID) -> None:
    notifications.tell([omar], Kind.JOB_FAILED)
    with database.as_role(Role.WEB):
        (line,) = notifications.newest(omar)

        assert notifications.mark_read(alice, only=line.pk) == 0
        assert notifications.unread(omar) == 1


def test_a_list_goes_on_where_it_stopped(omar: UUID) -> None:
    for number in range(5):
        notifications.tell([omar], Kind.JOB_FAILED, obj=f"job:{number}")
    with database.as_role(Role.WEB):
        first = notifications.newest(omar, limit=2)

        rest = notifications.newest(omar, before=(first[-1].created_at, first[-1].pk))

        assert [line.obj for line in [*first, *rest]] == [f"job:{n}" for n in (4, 3, 2, 1, 0)]


def test_holders_of_a_permission_are_active_and_of_this_workspace(
    workspace: Workspace, omar: UUID, alice: UUID
) -> None:
    operator("gone", PRIVACY, at=workspace, active=False)
    with database.as_role(Role.WEB):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet")
    operator("bob", PRIVACY, at=outlet)

    assert notifications.holders("audit:read") == [omar]


def test_another_workspace_shows_none_of_ours(workspace: Workspace, omar: UUID) -> None:
    notifications.tell([omar], Kind.JOB_FAILED)
    with database.as_role(Role.WEB):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet")

        with database.in_workspace(outlet.pk):
            assert notifications.unread(omar) == 0
        assert notifications.unread(omar) == 1
