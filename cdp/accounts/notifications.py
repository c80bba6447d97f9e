"""Notifications: lines for an operator in the console's bell; what they say holds no person."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cdp.accounts import permissions
from cdp.accounts.models import Notification, OperatorRole
from cdp.kernel import clock, workspaces


class Kind(StrEnum):
    """What an operator is told about; the words are in `cdp.console.notifications`."""

    ALERT_HIT = "alert.hit"
    LOG_BROKEN = "log.broken"
    JOB_FAILED = "job.failed"
    ACCESS_ASKED = "access.asked"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_DECIDED = "approval.decided"


def tell(
    operators: Collection[UUID],
    kind: Kind,
    *,
    obj: str = "",
    params: Mapping[str, str | int] | None = None,
    once: str = "",
) -> None:
    """
    Put a line in the bell of each of these operators of the current workspace.

    `obj` is what it is about, such as `job:<id>`: the console links there. `params` are names of
    things, counts and ids that the kind's text has room for (`by` is an actor, `op:<id>`), never a
    personal value of a customer. With `once`, an operator who has been told of a kind under that
    name is not told again.
    """
    Notification.objects.bulk_create(
        [
            Notification(
                operator_id=operator, kind=kind, obj=obj, params=dict(params or {}), once=once
            )
            for operator in sorted(set(operators))
        ],
        ignore_conflicts=True,
    )


def holders(permission: str) -> list[UUID]:
    """Return the active operators of the current workspace who hold a permission."""
    rows = OperatorRole.objects.filter(
        workspace_id=workspaces.current().id,
        role__in=permissions.roles_with(permission),
        operator__is_active=True,
    )
    return sorted(set(rows.values_list("operator_id", flat=True)))


def newest(
    operator: UUID,
    *,
    only_unread: bool = False,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Notification]:
    """Return an operator's newest notifications, older than the position `before`."""
    rows = Notification.objects.filter(operator_id=operator).order_by("-created_at", "-pk")
    if only_unread:
        rows = rows.filter(read_at=None)
    if before:
        at, pk = before
        rows = rows.filter(created_at__lte=at).exclude(created_at=at, pk__gte=pk)
    return list(rows[:limit])


def unread(operator: UUID) -> int:
    """Return how many notifications wait for an operator."""
    return Notification.objects.filter(operator_id=operator, read_at=None).count()


def mark_read(operator: UUID, *, only: UUID | None = None) -> int:
    """Mark an operator's notifications read, or `only` one; return how many were unread."""
    rows = Notification.objects.filter(operator_id=operator, read_at=None)
    if only is not None:
        rows = rows.filter(pk=only)
    return rows.update(read_at=clock.now())
