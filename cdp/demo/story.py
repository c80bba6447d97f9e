"""
The demo's story: from loaded purchases to a message that people permitted.

Traits, models and scores by the workers, three segments, a template, one campaign that was sent
and one draft to launch. Run again, it finds what is there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from audit.actors import Actor
from campaigns.broadcasts import launch
from campaigns.messages import create as templates
from campaigns.messages.models import Template
from campaigns.planning import create as planning
from campaigns.planning.models import Campaign
from cdp.kernel import clock, jobs
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun, Workspace
from profiles.scoring import tasks as scoring
from profiles.scoring.models import ModelVersion
from profiles.segments import create as segments
from profiles.segments import tasks as segment_tasks
from profiles.segments.models import Segment
from profiles.traits import tasks as traits

ACTOR = Actor.system("demo")
PATIENCE = timedelta(minutes=15)
COUPON = "coupon_response"

Rule = dict[str, object]
Tell = Callable[[str, JobRun], None]


class StoryStuck(CdpError):
    """A job of the story did not end; the message says where to look."""

    code = "story_stuck"


def _spent(minor: int, *, days: int, departments: Sequence[str] = ()) -> Rule:
    where = [{"property": "department", "op": "in", "value": list(departments)}]
    return {
        "event": "Order Completed",
        "where": where if departments else [],
        "window": {"last_days": days},
        "measure": "sum",
        "op": "gt",
        "value": minor,
    }


def _quiet(days: int) -> Rule:
    return {
        "event": "Order Completed",
        "where": [],
        "window": {"last_days": days},
        "measure": "count",
        "op": "eq",
        "value": 0,
    }


SEGMENTS: tuple[tuple[str, str, Rule], ...] = (
    (
        "Regulars who stayed away",
        "Spent over $50 on groceries, produce and meat in 90 days, nothing for 30 days.",
        {"all": [_spent(50_00, days=90, departments=("GROCERY", "PRODUCE", "MEAT")), _quiet(30)]},
    ),
    (
        "Good grocery customers",
        "Spent over $200 on groceries in 90 days.",
        {"all": [_spent(200_00, days=90, departments=("GROCERY",))]},
    ),
    (
        "Best customers",
        "Bought lately, often and for much, compared with all who permit profiling (RFM).",
        {"all": [{"trait": "rfm_cell", "op": "eq", "value": "important_value"}]},
    ),
)
LIKELY: tuple[str, str, Rule] = (
    "Likely to use a coupon",
    "The coupon model puts them at 1 in 4 or better.",
    {"all": [{"score": COUPON, "of": "value", "op": "ge", "value": 0.25}]},
)
SUBJECT = {
    "en": "{{ first_name | default: 'Hello' }}, fresh ideas for this week",
    "zh-hans": "{{ first_name | default: '您好' }}，本周新鲜灵感",
}
BODY = {
    "en": (
        "Hello {{ first_name | default: 'there' }},\n\n"
        "this week our shops have new recipes, and a coupon for your next basket waits at the "
        "till.\n\nhttps://shop.example/recipes\n\n"
        "You get this letter because you allow marketing by e-mail.\n"
    ),
    "zh-hans": (
        "{{ first_name | default: '您好' }}，\n\n"
        "本周门店推出新菜谱，收银台还有一张优惠券等您领取。\n\nhttps://shop.example/recipes\n\n"
        "您收到此邮件是因为您同意接收电子邮件营销。\n"
    ),
}
TEMPLATE, SENT, DRAFT = "Weekly letter", "Weekly letter to good customers", "We miss you"


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to."""

    segments: int
    sent: int


def tell(*, say: Tell) -> Told:
    """
    Play the story in the current workspace; `say` hears of each job as it moves.

    :raises StoryStuck: a job failed or did not end in time
    """
    _wait(traits.start_traits(actor=ACTOR), say=say)
    _wait(scoring.start_scoring("rfm", actor=ACTOR), say=say)
    if not _is_trained():
        _wait(scoring.start_training(COUPON, actor=ACTOR), say=say)
    plans = SEGMENTS
    if _is_live():  # too few redemptions (DEMO=small) and no version passes its gates
        _wait(scoring.start_scoring(COUPON, actor=ACTOR), say=say)
        plans = (*SEGMENTS, LIKELY)
    made = [_segment(name, description, rule) for name, description, rule in plans]
    for segment in made:
        _wait(segment_tasks.start_refresh(segment.pk, actor=ACTOR), say=say)
    template = _template()
    sent = _campaign(SENT, segment=made[1].pk, template=template.pk)
    _campaign(DRAFT, segment=made[0].pk, template=template.pk)
    run = None
    if sent.state == Campaign.State.DRAFT:
        run = _wait(launch.launch(sent.pk, actor=ACTOR), say=say)
    return Told(len(made), int(run.result.get("sent", 0)) if run else 0)


def note_shift(workspace: Workspace, *, days: int) -> None:
    """Keep by how many days the sample was moved; every screen says so."""
    if workspace.settings.get("demo_shift_days") != days:
        workspace.settings = {**workspace.settings, "demo_shift_days": days}
        workspace.save(update_fields=["settings"])


def _is_trained() -> bool:
    over = JobRun.objects.filter(kind=f"train_{COUPON}", state=JobRun.State.SUCCEEDED)
    return over.exists()


def _is_live() -> bool:
    live = ModelVersion.objects.filter(model=COUPON, stage=ModelVersion.Stage.LIVE)
    return live.exists()


def _segment(name: str, description: str, where: Rule) -> Segment:
    found = Segment.objects.filter(name=name).first()
    rule = {"version": 1, "where": where}
    return found or segments.create_segment(name, rule=rule, actor=ACTOR, description=description)


def _template() -> Template:
    found = Template.objects.filter(name=TEMPLATE).order_by("-number").first()
    return found or templates.create_template(TEMPLATE, subject=SUBJECT, body=BODY, actor=ACTOR)


def _campaign(name: str, *, segment: UUID, template: UUID) -> Campaign:
    found = Campaign.objects.filter(name=name).first()
    return found or planning.create_campaign(
        name, segment_id=segment, template_id=template, actor=ACTOR
    )


def _wait(run: JobRun, *, say: Tell) -> JobRun:
    """Wait for a job to end, showing how far it is; return it as it ended."""
    until = clock.now() + PATIENCE
    while True:
        now = jobs.find(run.pk)
        say(now.kind, now)
        if now.state == JobRun.State.SUCCEEDED:
            return now
        if now.is_over or clock.now() > until:
            why = now.explanation or now.state
            raise StoryStuck(
                f"{now.kind}: {why.rstrip('.')}. Look at Console → Jobs and var/log/worker.log."
            )
        time.sleep(0.3)
