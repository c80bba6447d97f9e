"""Asking a worker to count: the console may not open a marketing purpose, a worker may."""

from uuid import UUID

from audit.actors import Actor
from campaigns.planning import approval, create, tasks
from campaigns.waking import wake
from cdp.kernel import database, jobs
from cdp.kernel.models import JobRun


def ask_for_reach(campaign_id: UUID, *, actor: Actor) -> JobRun:
    """
    Start a job run whose result says whom the campaign could reach now.

    Its result holds `members`, `permitted`, `addressable`.

    :raises NoSuchCampaign: the campaign does not exist
    :raises CampaignRefused: it has no segment yet
    """
    campaign = create.find(campaign_id)
    if campaign.segment_id is None:
        raise create.CampaignRefused("Choose a segment first.")
    with database.atomic():
        run = jobs.start(
            approval.COUNT,
            actor=actor,
            params={"campaign": str(campaign.id), "snapshot": approval.stamp(campaign)},
            purpose=campaign.purpose_key,
        )
        wake(tasks.count_reach, run_id=str(run.id))
    return run
