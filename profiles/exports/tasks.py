"""What a worker does for exports, and waking it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from celery import Task, shared_task
from django.db import transaction

from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.jobs import AlreadyRunning, RunningJob
from cdp.kernel.models import JobRun
from profiles.exports import drop, plan, write
from profiles.exports.models import Export

LOST = timedelta(minutes=2)  # a run that nobody took on for so long is woken again
State = Export.State


def wake(export: Export) -> None:
    """Wake a worker for the export's run, once the transaction at hand has committed."""
    task: Task[..., None] = count_export if export.state == State.COUNTING else write_export
    ids = {
        "run_id": str(export.job_id),
        "export_id": str(export.pk),
        "workspace_id": str(workspaces.current().id),
    }
    # a broker that is down costs time, never the request: `keep_up` wakes again
    transaction.on_commit(partial(task.delay, **ids), using=database.alias(), robust=True)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def count_export(*, run_id: str, export_id: str, workspace_id: str) -> None:
    """Count an export; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        _run(UUID(run_id), UUID(export_id), write.count)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def write_export(*, run_id: str, export_id: str, workspace_id: str) -> None:
    """Write an export's file; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        _run(UUID(run_id), UUID(export_id), write.write)


def _run(run_id: UUID, export_id: UUID, work: Callable[[Export, RunningJob], int]) -> None:
    try:
        with jobs.running(run_id) as job:
            job.finish(people=work(plan.find(export_id), job))
    except AlreadyRunning:
        return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def keep_up() -> None:
    """Drop files that ran out and wake workers for runs that got lost, in every workspace."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            drop.expire(as_of=clock.now())
            for export in Export.objects.filter(state__in=(State.COUNTING, State.WRITING)):
                _wake_if_lost(export)


def _wake_if_lost(export: Export) -> None:
    run = JobRun.objects.filter(pk=export.job_id or export.pk).first()
    if run is None or run.is_over:
        with database.atomic():
            # read again: a run that did its work says so in the export before it is over
            if plan.lock(export.pk).state == export.state:
                drop.drop(export, State.FAILED)
        return
    last = run.heartbeat_at or run.created_at
    if last < clock.now() - LOST:
        wake(export)
