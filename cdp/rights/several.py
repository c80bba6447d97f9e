"""
Erasing several people at once takes a second operator's approval; each goes in one transaction.

What is approved is the exact set of subject ids. An interrupted run goes on under the same
approval: it is the same act, and who is gone already keeps their line.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from audit.actors import Actor
from cdp.approvals import ask as asking
from cdp.approvals import require
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import database
from cdp.rights import erase
from consent.erasure_file import Line


def takes_approval(subjects: Sequence[UUID]) -> bool:
    """Say whether erasing these people takes two operators in the current workspace."""
    return require.is_needed(Kind.ERASE, people=len(set(subjects)))


def ask(subjects: Sequence[UUID], *, actor: Actor, reason: str) -> Approval:
    """
    Ask for the approval to erase these people, and tell those who may decide.

    :raises NobodyToAsk: no operator of this workspace may decide
    """
    obj, snapshot = _frozen(subjects)
    return asking.ask(
        Kind.ERASE,
        obj=obj,
        title=f"Erase {len(set(subjects))} people",
        snapshot=snapshot,
        reason=reason,
        actor=actor,
        people=len(set(subjects)),
    )


def erase_all(
    subjects: Sequence[UUID], *, actor: Actor, reason: str, approval: UUID | None = None
) -> list[Line]:
    """
    Erase people one by one and return their lines; safe to repeat after an interruption.

    :raises ApprovalNeeded: there are several and no approval is named, or it is for others
    :raises ApprovalOver: it is not approved, or has expired
    :raises NobodyToErase: one of them is unknown here; those before are erased
    """
    if takes_approval(subjects):
        if approval is None:
            raise ApprovalNeeded("Erasing several people takes a second operator's approval.")
        _use(approval, subjects, actor=actor)
    return [erase.erase(subject, actor=actor, reason=reason) for subject in dict.fromkeys(subjects)]


def _use(approval: UUID, subjects: Sequence[UUID], *, actor: Actor) -> None:
    obj, snapshot = _frozen(subjects)
    used = require.used_for(Kind.ERASE, obj=obj)
    if used is not None and used.pk == approval:
        return  # an interrupted run goes on
    with database.atomic():
        require.require_named(approval, kind=Kind.ERASE, obj=obj, snapshot=snapshot, actor=actor)


def _frozen(subjects: Sequence[UUID]) -> tuple[str, Facts]:
    """Return what stands for exactly these people, and what is approved."""
    listed = "\n".join(sorted(str(subject) for subject in set(subjects)))
    digest = hashlib.sha256(listed.encode()).hexdigest()
    return f"people:{digest[:32]}", {"people": len(set(subjects)), "subjects_sha256": digest}
