"""Finding approvals, and who may decide on them."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.actors import Actor
from cdp.accounts import notifications
from cdp.approvals.kinds import DECIDED_WITH, Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

State = Approval.State
_OPEN = Q(state__in=(State.ASKED, State.APPROVED), used_at=None)


class NoSuchApproval(CdpError):
    """The approval does not exist in this workspace."""

    code = "no_such_approval"


def open_one(kind: Kind, *, obj: str) -> Approval | None:
    """Return what is asked or approved, and not used yet, for an object; None once it expired."""
    return Approval.objects.filter(_OPEN, kind=kind, obj=obj, expires_at__gt=clock.now()).first()


def newest(kind: Kind, *, obj: str) -> Approval | None:
    """Return the newest approval for an object, whatever became of it."""
    return Approval.objects.filter(kind=kind, obj=obj).order_by("-created_at").first()


def find(approval_id: UUID) -> Approval:
    """
    Return one approval of this workspace.

    :raises NoSuchApproval: there is none
    """
    return _one(Approval.objects.filter(pk=approval_id))


def lock(approval_id: UUID) -> Approval:
    """
    Return one approval of this workspace, locked until the transaction ends.

    :raises NoSuchApproval: there is none
    """
    return _one(Approval.objects.select_for_update().filter(pk=approval_id))


def _one(rows: QuerySet[Approval]) -> Approval:
    found = rows.first()
    if found is None:
        raise NoSuchApproval("Choose an approval of this workspace.")
    return found


def waiting() -> list[Approval]:
    """Return what waits for a decision, the oldest first."""
    rows = Approval.objects.filter(state=State.ASKED, expires_at__gt=clock.now())
    return list(rows.order_by("created_at"))


def asked_by(actor: Actor) -> list[Approval]:
    """Return what this actor asked for and can still use or withdraw, the newest first."""
    rows = Approval.objects.filter(_OPEN, asked_by=str(actor), expires_at__gt=clock.now())
    return list(rows.order_by("-created_at"))


def over(*, limit: int = 50) -> list[Approval]:
    """Return what nobody waits for any more, the newest first."""
    rows = Approval.objects.filter(~(_OPEN & Q(expires_at__gt=clock.now())))
    return list(rows.order_by("-created_at")[:limit])


def approved_before(approval: Approval) -> Approval | None:
    """Return the last approval of the same object before this one that somebody approved."""
    rows = Approval.objects.filter(
        kind=approval.kind, obj=approval.obj, created_at__lt=approval.created_at
    )
    return rows.exclude(decided_by="").exclude(state=State.REJECTED).order_by("-created_at").first()


def deciders(kind: Kind, *, obj: str, barred: Collection[str]) -> list[UUID]:
    """
    Return the operators who may decide on an object.

    Whoever asked for it before may not, so that two people cannot take turns.
    """
    holders = set.intersection(
        *(set(notifications.holders(permission)) for permission in DECIDED_WITH[kind])
    )
    asked = Approval.objects.filter(kind=kind, obj=obj).values_list("asked_by", flat=True)
    excluded = {*barred, *asked}
    return sorted(one for one in holders if str(Actor.operator(one)) not in excluded)


def may_decide(approval: Approval, *, actor: Actor) -> bool:
    """Say whether this actor may decide on an approval, whatever its state."""
    allowed = deciders(Kind(approval.kind), obj=approval.obj, barred=approval.barred)
    return str(actor) in {str(Actor.operator(one)) for one in allowed}
