"""Telling operators how their jobs ended."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from cdp.accounts.notifications import Kind, tell
from cdp.kernel import clock, database, workspaces
from cdp.kernel.models import JobRun

OPERATOR = "op:"
REMEMBERED = timedelta(days=1)  # a run that failed longer ago is nobody's news


@shared_task(acks_late=True, reject_on_worker_lost=True)
def tell_of_failed_jobs() -> None:
    """Tell operators, once, of each job run of theirs that failed."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            _tell()


def _tell() -> None:
    failed = JobRun.objects.filter(
        state=JobRun.State.FAILED,
        ended_at__gt=clock.now() - REMEMBERED,
        actor__startswith=OPERATOR,
    )
    for run in failed.order_by("ended_at"):
        tell(
            [UUID(run.actor.removeprefix(OPERATOR))],
            Kind.JOB_FAILED,
            obj=f"job:{run.pk}",
            params={"job": run.kind, "reason": run.explanation},
            once=f"job:{run.pk}",
        )
