"""Deciding on what another operator asked for: one decision, by somebody else, on a frozen copy."""

from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import notifications
from cdp.approvals import ask, find, kinds
from cdp.approvals.kinds import Facts
from cdp.approvals.models import Approval
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

State = Approval.State


class NotYoursToDecide(CdpError):
    """The operator asked for it, is its subject, or lacks the right to decide."""

    code = "not_yours_to_decide"


class ChangedSince(CdpError):
    """What is asked for is not what was frozen when it was asked for."""

    code = "changed_since"


class NoComment(CdpError):
    """A rejection without a reason."""

    code = "no_comment"


def approve(approval_id: UUID, *, now_is: Facts, actor: Actor, comment: str = "") -> None:
    """
    Approve what was asked for; the asker may act on it until it expires.

    `now_is` is the snapshot as it is now; where it differs, nothing is approved and the approval
    ends as superseded.

    :raises NoSuchApproval: there is none
    :raises NotYoursToDecide: the actor asked for it, is barred, or lacks the right
    :raises ApprovalOver: it is decided, taken back, overtaken or expired
    :raises ChangedSince: what is asked for was changed
    """
    with acting(actor):
        approval = _lock_to_decide(approval_id, actor=actor)
        is_same = bytes(approval.digest) == kinds.digest(now_is)
        if is_same:
            _decide(approval, State.APPROVED, actor=actor, comment=comment)
        else:
            ask.overtake(kinds.Kind(approval.kind), obj=approval.obj, snapshot=now_is, actor=actor)
    if not is_same:
        raise ChangedSince("It was changed after it was asked for. It has to be asked for again.")


def reject(approval_id: UUID, *, actor: Actor, comment: str) -> None:
    """
    Reject what was asked for, with a reason that the asker reads.

    :raises NoSuchApproval: there is none
    :raises NotYoursToDecide: the actor asked for it, is barred, or lacks the right
    :raises ApprovalOver: it is decided, taken back, overtaken or expired
    :raises NoComment: no reason is given
    """
    if not comment.strip():
        raise NoComment("Say why; the asker reads it.")
    with acting(actor):
        approval = _lock_to_decide(approval_id, actor=actor)
        _decide(approval, State.REJECTED, actor=actor, comment=comment)


def _lock_to_decide(approval_id: UUID, *, actor: Actor) -> Approval:
    approval = find.lock(approval_id)
    if not find.may_decide(approval, actor=actor):
        raise NotYoursToDecide("Somebody else has to decide on this: it takes two people.")
    ask.refuse_if_over(approval, states=(State.ASKED,))
    return approval


def _decide(approval: Approval, state: State, *, actor: Actor, comment: str) -> None:
    approval.state = state
    approval.decided_by = str(actor)
    approval.decided_at = clock.now()
    approval.comment = comment.strip()[:200]
    approval.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    record(
        actor,
        f"approval.{state}",
        obj=f"approval:{approval.id}",
        detail={"kind": approval.kind, "for": approval.obj, "people": approval.people},
    )
    asker = Actor.parse(approval.asked_by)
    if asker.kind == "op":
        notifications.tell(
            [UUID(asker.name)],
            notifications.Kind.APPROVAL_DECIDED,
            obj=f"approval:{approval.id}",
            params={"name": approval.title, "by": str(actor), "state": str(state)},
        )
