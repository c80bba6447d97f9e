"""
Ending a key takes two people: what is approved, and that a job run or a command has it.

A key belongs to the deployment, an approval to the workspace whose operators decided.
"""

from uuid import UUID

from audit.actors import Actor
from cdp.approvals import ask, find, kinds, require
from cdp.approvals.find import NoSuchApproval
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import database, keyring, workspaces
from cdp.kernel.keyring import Use


def obj(use: Use, key_id: int) -> str:
    """Return how record and approval name a key."""
    return f"key:{use}:{key_id}"


def snapshot(use: Use, key_id: int) -> Facts:
    """Return what is approved."""
    return {"use": str(use), "key": key_id}


def ask_to_end(kind: Kind, use: Use, key_id: int, *, reason: str, actor: Actor) -> Approval:
    """
    Ask another operator to approve that a key is retired or destroyed.

    :raises KeyMissing: the keyring has no such key
    :raises NobodyToAsk: no other operator may decide
    :raises AskedMeanwhile: somebody else asked at the same moment
    """
    keyring.current().get(use, key_id)
    return ask.ask(
        kind,
        obj=obj(use, key_id),
        title=f"{use} {key_id}",
        snapshot=snapshot(use, key_id),
        reason=reason,
        actor=actor,
    )


def open_one(kind: Kind, use: Use, key_id: int) -> Approval | None:
    """Return what is asked or approved for a key, and not used yet."""
    return find.open_one(kind, obj=obj(use, key_id))


def use_own(kind: Kind, use: Use, key_id: int, *, actor: Actor) -> Approval:
    """
    Use up the approval that this operator asked for, in the caller's transaction.

    :raises ApprovalNeeded: there is none
    """
    return require.require(kind, obj=obj(use, key_id), snapshot=snapshot(use, key_id), actor=actor)


def use_named(approval_id: UUID | None, kind: Kind, use: Use, key_id: int, *, actor: Actor) -> None:
    """
    Use up an approval that a command names, in the caller's transaction.

    :raises ApprovalNeeded: none is named, or it is for something else
    :raises ApprovalOver: it is not approved, was used, or has expired
    """
    if approval_id is None:
        raise ApprovalNeeded(
            "This takes two operators. Ask for it in the console under Settings → Keys; once it is "
            "approved, run this again with --approval and its number."
        )
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            try:
                require.require_named(
                    approval_id,
                    kind=kind,
                    obj=obj(use, key_id),
                    snapshot=snapshot(use, key_id),
                    actor=actor,
                )
            except NoSuchApproval:
                continue
            return
    raise NoSuchApproval("No workspace has an approval of this number.")


def refuse_unless_used(approval_id: str, kind: Kind, use: Use, key_id: int) -> None:
    """
    Refuse a job run that names no approval which was used for exactly this.

    :raises ApprovalNeeded: it does not
    """
    used = require.used_for(kind, obj=obj(use, key_id))
    wanted = kinds.digest(snapshot(use, key_id))
    if used is None or str(used.pk) != approval_id or bytes(used.digest) != wanted:
        raise ApprovalNeeded("This takes a second operator's approval. Ask for it first.")
