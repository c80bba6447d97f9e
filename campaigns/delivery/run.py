"""
One campaign's run: freeze the audience, send, report; taken over when its worker dies.

The job run is for people to watch and cancel. What must be sent stands in the deliveries, so a
second worker simply helps, and a campaign whose run is over goes on as long as rows are queued.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from campaigns.delivery import drain, plan
from campaigns.delivery.states import DUE
from campaigns.planning import approval, audience, create
from campaigns.planning.approval import AudienceGrew
from campaigns.planning.lifecycle import UNDER_WAY, State, move
from campaigns.planning.models import Campaign
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import clock, jobs
from cdp.kernel.errors import CdpError
from cdp.kernel.jobs import AlreadyRunning, JobCanceled, RunningJob
from cdp.kernel.logging import logger
from cdp.kernel.models import JobRun

KIND = "send-campaign"
SILENCE = timedelta(seconds=100)  # a run that has not moved for so long may be taken over


def send_campaign(campaign_id: UUID, *, run_id: UUID, until: datetime) -> None:
    """
    Take the run on and send the campaign; while another worker has the run, help it.

    :raises NoSuchCampaign: there is none
    :raises CampaignRefused: segment or template is gone
    """
    try:
        with jobs.running(run_id) as run:
            _send(campaign_id, run, until=until)
    except AlreadyRunning:
        logger().info("delivery.helps", campaign=str(campaign_id), run=str(run_id))
        help_send(campaign_id, actor=Actor.system("delivery"), until=until)


def _send(campaign_id: UUID, run: RunningJob, *, until: datetime) -> None:
    actor = Actor.job(run.kind, run.id)
    try:
        campaign = create.find(campaign_id)
        total = int(campaign.counts.get("total", 0))  # of a run that goes on
        if campaign.state == State.PREPARING:
            run.advance(phase="audience")
            total = _prepare(campaign, actor=actor, job=run.id)
        run.advance(done=0, total=total, phase="sending")
        done = drain.drain(
            plan.load(campaign_id),
            actor=actor,
            job=run.id,
            until=until,
            progress=lambda remaining: run.advance(
                done=max(0, total - remaining), total=max(total, remaining)
            ),
        )
        run.advance(done=max(0, total - done.remaining), total=max(total, done.remaining))
    except JobCanceled:
        if create.find(campaign_id).state in UNDER_WAY:
            stop(campaign_id, actor=actor)
        raise
    run.finish(audience=total, remaining=done.remaining, **dict(done.states))


def _prepare(campaign: Campaign, *, actor: Actor, job: UUID | None = None) -> int:
    """
    Freeze the audience, let the campaign send, and return how many deliveries there are.

    :raises AudienceGrew: there are more than may be; the campaign is a draft again
    :raises ApprovalNeeded: it is not what was approved; the campaign is a draft again
    """
    try:
        most = approval.most_people(campaign)
        total = audience.freeze(campaign, most=most, actor=actor, job=job)
    except (AudienceGrew, ApprovalNeeded) as refused:
        _hold(campaign, refused, actor=actor)
        raise
    with acting(actor):
        locked = create.lock(campaign.id)
        if locked.state == State.PREPARING:  # it may have been stopped meanwhile
            move(locked, State.SENDING)
            locked.save(update_fields=["state"])
    return total


def _hold(campaign: Campaign, refused: CdpError, *, actor: Actor) -> None:
    """Make a campaign that may not be sent as it is a draft again."""
    with acting(actor):
        locked = create.lock(campaign.id)
        if locked.state == State.PREPARING:
            move(locked, State.DRAFT)
            locked.save(update_fields=["state"])
            record(
                actor,
                "campaign.hold",
                obj=f"campaign:{campaign.id}",
                detail={"reason": refused.code, **refused.facts},
            )


def stop(campaign_id: UUID, *, actor: Actor) -> None:
    """
    Stop a campaign: nothing more is claimed. What was handed over cannot be taken back.

    :raises NoSuchCampaign: there is none
    :raises NotFromHere: it is over, or was never launched
    """
    with acting(actor):
        campaign = create.lock(campaign_id)
        move(campaign, State.STOPPED)
        campaign.finished_at = clock.now()
        campaign.save(update_fields=["state", "finished_at"])
        if campaign.job_id is not None:
            jobs.cancel(campaign.job_id)


def help_send(campaign_id: UUID, *, actor: Actor, until: datetime) -> None:
    """
    Send what is due of a campaign without a run of one's own; ends when nothing is.

    Freezes the audience where the run ended before it had.
    """
    campaign = create.find(campaign_id)
    if campaign.state == State.PREPARING:
        _prepare(campaign, actor=actor)
    drain.drain(plan.load(campaign_id), actor=actor, until=until)


def forgotten(*, as_of: datetime) -> list[tuple[UUID, UUID]]:
    """Return (campaign, run) of every campaign under way that no live run works on."""
    campaigns = Campaign.objects.filter(state__in=UNDER_WAY, job_id__isnull=False)
    runs = {campaign.job_id: campaign for campaign in campaigns if campaign.job_id is not None}
    since = as_of - SILENCE
    alive = set(
        JobRun.objects.filter(
            Q(state=JobRun.State.RUNNING, heartbeat_at__gte=since)
            | Q(state=JobRun.State.QUEUED, created_at__gte=since),
            pk__in=runs,
        ).values_list("pk", flat=True)
    )
    return [
        (campaign.id, run_id)
        for run_id, campaign in runs.items()
        if run_id not in alive and _may_have_work(campaign)
    ]


def _may_have_work(campaign: Campaign) -> bool:
    """A finished run left open rows behind, or the run itself never got to its end."""
    counted = campaign.counts
    if campaign.state == State.PREPARING or not counted:
        return True
    return bool(counted.get(DUE, 0))
