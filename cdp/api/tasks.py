"""What a worker does for the management API."""

from celery import shared_task

from cdp.accounts import replies
from cdp.kernel import database, workspaces


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_old_replies() -> None:
    """Delete replies that were kept for a day; a second copy finds nothing left."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            replies.forget_old()
