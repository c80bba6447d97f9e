"""Acting on an approval: once, by who asked, on exactly what was approved."""

from uuid import UUID

from audit.actors import Actor
from audit.inbox import record
from cdp.approvals import find, kinds
from cdp.approvals.ask import refuse_if_over
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.models import Workspace

State = Approval.State


class ApprovalNeeded(CdpError):
    """The act takes a second operator's approval, and there is none for exactly this."""

    code = "approval_needed"


def is_needed(kind: Kind, *, people: int = 0) -> bool:
    """Say whether an act on so many people takes an approval in the current workspace."""
    return kinds.is_needed(kind, people=people, settings=_settings())


def limit(kind: Kind) -> int:
    """Return up to how many people one operator is enough in the current workspace."""
    return kinds.limit(kind, settings=_settings())


def require(
    kind: Kind,
    *,
    obj: str,
    snapshot: Facts,
    actor: Actor,
    people: int = 0,
) -> Approval:
    """
    Use up the approval for `obj`, in the caller's transaction, or refuse the act.

    Ask `is_needed` first where small acts take no approval. The actor must be who asked; at most
    one in a hundred people more than were approved.

    :raises ApprovalNeeded: nothing is approved, it expired, something else was approved, or there
        are more people now
    """
    rows = Approval.objects.select_for_update().filter(
        kind=kind, obj=obj, state=State.APPROVED, used_at=None, expires_at__gt=clock.now()
    )
    approval = rows.first()
    if approval is None or approval.asked_by != str(actor):
        raise ApprovalNeeded("This takes a second operator's approval. Ask for it first.")
    if bytes(approval.digest) != kinds.digest(snapshot):
        raise ApprovalNeeded("It was changed after it was approved. Ask for approval again.")
    if people > kinds.most(approval.people):
        raise ApprovalNeeded("It reaches more people than were approved. Ask for approval again.")
    _use(approval, actor=actor)
    return approval


def require_named(
    approval_id: UUID, *, kind: Kind, obj: str, snapshot: Facts, actor: Actor
) -> Approval:
    """
    Use up an approval that is named, whoever asked for it: for commands run on the server.

    Two operators stand behind it; `actor` is the command. In the caller's transaction.

    :raises NoSuchApproval: there is none
    :raises ApprovalOver: it is not approved, was used, or has expired
    :raises ApprovalNeeded: it is for something else
    """
    approval = find.lock(approval_id)
    refuse_if_over(approval, states=(State.APPROVED,))
    is_for = (approval.kind, approval.obj, bytes(approval.digest))
    if is_for != (kind, obj, kinds.digest(snapshot)):
        raise ApprovalNeeded("This approval is for something else. Ask for one for this.")
    _use(approval, actor=actor)
    return approval


def used_for(kind: Kind, *, obj: str) -> Approval | None:
    """Return the approval that was used last for an object, if any was."""
    rows = Approval.objects.filter(kind=kind, obj=obj, used_at__isnull=False)
    return rows.order_by("-used_at").first()


def _use(approval: Approval, *, actor: Actor) -> None:
    approval.used_at = clock.now()
    approval.save(update_fields=["used_at"])
    record(
        actor,
        "approval.used",
        obj=f"approval:{approval.id}",
        detail={"kind": approval.kind, "for": approval.obj},
    )


def _settings() -> dict[str, object]:
    here = Workspace.objects.get(pk=workspaces.current().id)
    found: dict[str, object] = here.settings
    return found
