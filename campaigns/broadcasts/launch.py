"""Launching a broadcast, pausing, resuming and stopping it."""

from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from campaigns.delivery import plan, run, tasks
from campaigns.planning import approval, create
from campaigns.planning.lifecycle import NotFromHere, State, move
from campaigns.planning.models import Campaign
from campaigns.waking import wake
from cdp.kernel import clock, jobs
from cdp.kernel.models import JobRun


def launch(campaign_id: UUID, *, actor: Actor) -> JobRun:
    """
    Launch a campaign: a worker freezes its audience and begins to send.

    A large send uses up the approval of a second operator; the worker holds it back after all if
    its audience turns out larger.

    :raises NoSuchCampaign: there is none
    :raises NotFromHere: it was launched before
    :raises CampaignRefused: segment or template is missing, or the purpose does not cover it
    :raises ApprovalNeeded: so many people take a second operator's approval
    """
    plan.load(campaign_id)  # refuses what could not be sent
    with acting(actor):
        campaign = create.lock(campaign_id)
        move(campaign, State.PREPARING)
        campaign.launched_at = clock.now()
        approval.require_to_launch(campaign, actor=actor)
        started = _start(campaign, actor=actor)
        record(
            actor,
            "campaign.launch",
            obj=f"campaign:{campaign.id}",
            detail={
                "purpose": campaign.purpose_key,
                "segment": str(campaign.segment_id),
                "template": str(campaign.template_id),
            },
        )
    return started


def pause(campaign_id: UUID, *, actor: Actor) -> None:
    """
    Pause a campaign: nothing more is claimed until it is resumed.

    :raises NoSuchCampaign: there is none
    :raises NotFromHere: it is not sending
    """
    with acting(actor):
        campaign = create.lock(campaign_id)
        move(campaign, State.PAUSED)
        campaign.save(update_fields=["state"])
        record(actor, "campaign.pause", obj=f"campaign:{campaign.id}")


def resume(campaign_id: UUID, *, actor: Actor) -> JobRun:
    """
    Go on with a paused campaign, in a run of its own.

    :raises NoSuchCampaign: there is none
    :raises NotFromHere: it is not paused
    """
    with acting(actor):
        campaign = create.lock(campaign_id)
        if campaign.state != State.PAUSED:
            raise NotFromHere("Only a paused campaign is resumed. Reload the page.")
        move(campaign, State.SENDING)
        started = _start(campaign, actor=actor)
        record(actor, "campaign.resume", obj=f"campaign:{campaign.id}")
    return started


def stop(campaign_id: UUID, *, actor: Actor) -> None:
    """
    Stop a campaign for good; what was handed over cannot be taken back.

    :raises NoSuchCampaign: there is none
    :raises NotFromHere: it is over, or was never launched
    """
    with acting(actor):
        run.stop(campaign_id, actor=actor)
        record(actor, "campaign.stop", obj=f"campaign:{campaign_id}")


def _start(campaign: Campaign, *, actor: Actor) -> JobRun:
    started = jobs.start(
        run.KIND,
        actor=actor,
        params={"campaign": str(campaign.id), "name": campaign.name},
        purpose=campaign.purpose_key,
    )
    campaign.job_id = started.id
    campaign.save(update_fields=["state", "launched_at", "job_id"])
    wake(tasks.send_campaign, run_id=str(started.id), campaign_id=str(campaign.id))
    return started
