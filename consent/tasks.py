"""Consent's periodic work."""

from celery import shared_task

from cdp.kernel import clock, database, workspaces
from consent import totals


@shared_task(acks_late=True, reject_on_worker_lost=True)
def count_permissions() -> None:
    """Count, in every workspace, how many people permit each purpose."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            totals.count(as_of=clock.now())
