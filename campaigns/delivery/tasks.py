"""What a worker does for deliveries. Rows are the truth: a lost task loses no message."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from campaigns.delivery import run
from campaigns.waking import wake
from cdp.kernel import clock, database, workspaces

BUDGET = timedelta(minutes=50)  # below the task's time limit; what is left is woken up again


@shared_task(acks_late=True, reject_on_worker_lost=True)
def send_campaign(*, run_id: str, campaign_id: str, workspace_id: str) -> None:
    """Send one campaign; while another worker has the run, help it."""
    with database.in_workspace(UUID(workspace_id)):
        run.send_campaign(UUID(campaign_id), run_id=UUID(run_id), until=clock.now() + BUDGET)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def wake_up() -> None:
    """Go on with every campaign that is under way and that nobody works on."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            for campaign_id, run_id in run.forgotten(as_of=clock.now()):
                wake(send_campaign, run_id=str(run_id), campaign_id=str(campaign_id))
