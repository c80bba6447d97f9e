"""What a worker does for planning."""

from uuid import UUID

from celery import shared_task

from audit.actors import Actor
from campaigns.planning import create, reach
from cdp.kernel import database, jobs


@shared_task(acks_late=True, reject_on_worker_lost=True)
def count_reach(*, run_id: str, workspace_id: str) -> None:
    """Count whom a campaign could reach now, into the job run's result."""
    with database.in_workspace(UUID(workspace_id)), jobs.running(UUID(run_id)) as run:
        campaign = create.find(UUID(run.params["campaign"]))
        counted = reach.count_reach(campaign, actor=Actor.job(run.kind, run.id), job=run.id)
        run.finish(
            members=counted.members,
            permitted=counted.permitted,
            addressable=counted.addressable,
        )
