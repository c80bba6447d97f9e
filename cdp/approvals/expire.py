"""Letting what nobody decided or used run out, and telling who asked."""

from datetime import datetime
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import notifications
from cdp.approvals.models import Approval

State = Approval.State


def expire(*, as_of: datetime) -> int:
    """End what is open past its time in the current workspace; return how many ended."""
    actor = Actor.system("approvals")
    with acting(actor):
        rows = Approval.objects.select_for_update(skip_locked=True).filter(
            state__in=(State.ASKED, State.APPROVED), used_at=None, expires_at__lte=as_of
        )
        ended = list(rows)
        for approval in ended:
            approval.state = State.EXPIRED
            approval.save(update_fields=["state"])
            record(
                actor,
                "approval.expired",
                obj=f"approval:{approval.id}",
                detail={"kind": approval.kind, "for": approval.obj},
            )
            asker = Actor.parse(approval.asked_by)
            if asker.kind == "op":
                notifications.tell(
                    [UUID(asker.name)],
                    notifications.Kind.APPROVAL_DECIDED,
                    obj=f"approval:{approval.id}",
                    params={"name": approval.title, "by": str(actor), "state": str(State.EXPIRED)},
                )
    return len(ended)
