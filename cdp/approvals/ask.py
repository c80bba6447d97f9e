"""Asking for an approval, taking it back, and letting a change overtake it."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import notifications
from cdp.approvals import find, kinds
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

State = Approval.State


class NobodyToAsk(CdpError):
    """There is no second operator who could decide."""

    code = "nobody_to_ask"


class AskedMeanwhile(CdpError):
    """Somebody else asked for the same at the same moment."""

    code = "asked_meanwhile"


class NotTheAsker(CdpError):
    """Only the operator who asked may take it back or act on it."""

    code = "not_the_asker"


class ApprovalOver(CdpError):
    """The approval was decided, taken back, overtaken or has expired."""

    code = "approval_over"


def ask(
    kind: Kind,
    *,
    obj: str,
    title: str,
    snapshot: Facts,
    reason: str,
    actor: Actor,
    people: int = 0,
    barred: Collection[Actor] = (),
    lasts: timedelta = kinds.LASTS,
) -> Approval:
    """
    Ask another operator to approve an act on `obj`, frozen as `snapshot`, and tell them.

    Asking again for the same changes nothing; asking for something else about the same object
    overtakes what was asked before. `title`, `reason` and `snapshot` hold no personal value.

    :raises NobodyToAsk: no other operator of this workspace may decide
    :raises AskedMeanwhile: somebody else asked at the same moment
    """
    excluded = sorted({str(each) for each in barred})
    digest = kinds.digest(snapshot)
    try:
        with acting(actor):
            former = _lock_open(kind, obj=obj)
            if former is not None:
                if _is_same(former, digest=digest, actor=actor, people=people):
                    return former
                _overtake(former, actor=actor)
            deciders = find.deciders(kind, obj=obj, barred=[*excluded, str(actor)])
            if not deciders:
                raise NobodyToAsk(
                    "This takes a second operator who may approve it. "
                    "Invite one under Settings → Team."
                )
            asked = Approval.objects.create(
                kind=kind,
                obj=obj,
                title=title[:200],
                snapshot=dict(snapshot),
                digest=digest,
                people=people,
                asked_by=str(actor),
                barred=excluded,
                reason=reason[:200],
                expires_at=clock.now() + lasts,
            )
            _note(asked, "approval.asked", actor=actor)
            notifications.tell(
                deciders,
                notifications.Kind.APPROVAL_ASKED,
                obj=f"approval:{asked.id}",
                params={"name": asked.title, "by": str(actor)},
            )
    except IntegrityError:
        raise AskedMeanwhile("Somebody asked for the same just now. Reload the page.") from None
    return asked


def withdraw(approval_id: UUID, *, actor: Actor) -> None:
    """
    Take back what one asked for; it cannot be decided or used any more.

    :raises NoSuchApproval: there is none
    :raises NotTheAsker: somebody else asked for it
    :raises ApprovalOver: it is not open any more
    """
    with acting(actor):
        approval = find.lock(approval_id)
        if approval.asked_by != str(actor):
            raise NotTheAsker("Only who asked may take it back.")
        refuse_if_over(approval, states=(State.ASKED, State.APPROVED))
        _end(approval, State.WITHDRAWN, "approval.withdrawn", actor=actor)


def overtake(kind: Kind, *, obj: str, snapshot: Facts, actor: Actor) -> None:
    """Let what is open for `obj` end as superseded, unless it is for exactly this snapshot."""
    with acting(actor):
        former = _lock_open(kind, obj=obj)
        if former is not None and bytes(former.digest) != kinds.digest(snapshot):
            _overtake(former, actor=actor)


def refuse_if_over(approval: Approval, *, states: Collection[str]) -> None:
    """
    Refuse an approval that is in none of these states, was used, or has expired.

    :raises ApprovalOver: so it is
    """
    is_open = approval.state in states and approval.used_at is None
    if not is_open or approval.expires_at <= clock.now():
        raise ApprovalOver("This is decided, taken back or out of date. Reload the page.")


def _lock_open(kind: Kind, *, obj: str) -> Approval | None:
    rows = Approval.objects.select_for_update().filter(
        kind=kind, obj=obj, state__in=(State.ASKED, State.APPROVED), used_at=None
    )
    return rows.first()


def _is_same(former: Approval, *, digest: bytes, actor: Actor, people: int) -> bool:
    return (
        former.expires_at > clock.now()
        and bytes(former.digest) == digest
        and former.asked_by == str(actor)
        and people <= kinds.most(former.people)
    )


def _overtake(former: Approval, *, actor: Actor) -> None:
    if former.expires_at <= clock.now():
        _end(former, State.EXPIRED, "approval.expired", actor=actor)
    else:
        _end(former, State.SUPERSEDED, "approval.superseded", actor=actor)


def _end(approval: Approval, state: State, act: str, *, actor: Actor) -> None:
    approval.state = state
    approval.save(update_fields=["state"])
    _note(approval, act, actor=actor)


def _note(approval: Approval, act: str, *, actor: Actor) -> None:
    record(
        actor,
        act,
        obj=f"approval:{approval.id}",
        detail={"kind": approval.kind, "for": approval.obj, "people": approval.people},
    )
