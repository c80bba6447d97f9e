"""What a worker does for approvals."""

from celery import shared_task

from cdp.approvals import expire
from cdp.kernel import clock, database, workspaces


@shared_task(acks_late=True, reject_on_worker_lost=True)
def expire_old() -> None:
    """End, in every workspace, what nobody decided or used in time."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            expire.expire(as_of=clock.now())
