"""Watching the log: alerts, and a log that does not hold."""

from celery import shared_task

from audit import alerts
from cdp.kernel import database, workspaces


@shared_task(acks_late=True, reject_on_worker_lost=True)
def watch() -> None:
    """Raise the alerts of every workspace, and tell of a broken log."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            alerts.raise_alerts()
            alerts.tell_of_broken_log()
