"""Computing traits as a job run, and the verbs that start it."""

from datetime import datetime
from functools import partial
from uuid import UUID

from celery import shared_task
from django.db import transaction

from audit.actors import Actor
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.models import JobRun
from profiles.traits.computed import PURPOSE, compute

KIND = "compute_traits"
SCHEDULE = Actor.system("schedule")


def start_traits(
    *, actor: Actor, as_of: datetime | None = None, scheduled_for: datetime | None = None
) -> JobRun:
    """
    Start a job run that computes everybody's traits.

    :raises AlreadyScheduled: this tick of the schedule has its run
    """
    params = {"as_of": as_of.isoformat()} if as_of else {}
    run = jobs.start(KIND, actor=actor, params=params, purpose=PURPOSE, scheduled_for=scheduled_for)
    arguments = {"run_id": str(run.id), "workspace_id": str(database.current_workspace())}
    transaction.on_commit(partial(compute_traits.delay, **arguments), using=database.alias())
    return run


@shared_task(acks_late=True, reject_on_worker_lost=True)
def compute_traits(*, run_id: str, workspace_id: str) -> None:
    """Compute everybody's traits; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        try:
            with jobs.running(UUID(run_id)) as run:
                given = run.params.get("as_of")
                done = compute(
                    as_of=datetime.fromisoformat(given) if given else clock.now(),
                    actor=Actor.job(run.kind, run.id),
                    job=run.id,
                    advance=run.advance,
                )
                run.finish(
                    people=done.people,
                    written=done.written,
                    removed=done.removed,
                    refused=done.refused,
                    cuts=done.cuts.as_json(),
                )
        except jobs.AlreadyRunning:
            return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def compute_due() -> None:
    """Start this hour's computing of traits, once, in every workspace."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            try:
                start_traits(actor=SCHEDULE, scheduled_for=hour)
            except jobs.AlreadyScheduled:
                continue
