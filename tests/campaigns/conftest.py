"""A campaign about tea, a segment of three, and ways to look at deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from audit.actors import Actor
from campaigns.broadcasts.launch import launch
from campaigns.delivery import drain, plan, run
from campaigns.delivery.drain import Drained
from campaigns.delivery.plan import Plan
from campaigns.messages.create import create_template
from campaigns.messages.models import Template
from campaigns.planning import create
from campaigns.planning.models import Campaign
from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.segments.models import Member, Segment
from tests.campaigns.provider import FakeProvider
from tests.people import EVERYTHING, Customer, Shop

ALICE = Actor.operator(uuid7())
WORKER = Actor.job("test", "1")
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}
SUBJECT = {"en": 'Hi {{ first_name | default: "friend" }}', "zh-hans": "你好"}
BODY = {
    "en": 'Dear {{ first_name | default: "friend" }}, see https://shop.example/tea now.',
    "zh-hans": "请看 https://shop.example/tea 。",
}


@dataclass
class Office:
    """What Alice and the workers do in these tests."""

    shop: Shop
    provider: FakeProvider

    def template(self, name: str = "Autumn tea", **texts: dict[str, str]) -> Template:
        with database.as_role(Role.WEB):
            return create_template(
                name, subject=texts.get("subject", SUBJECT), body=texts.get("body", BODY),
                actor=ALICE,
            )  # fmt: skip

    def segment(self, members: Iterable[Customer], name: str = "Tea lovers") -> Segment:
        with database.as_role(Role.WEB):
            segment = Segment.objects.create(name=name, rule=RULE, created_by=str(ALICE))
        for member in members:
            self.enters(segment.pk, member)
        return segment

    def enters(self, segment: UUID, member: Customer) -> None:
        """Let somebody enter a segment."""
        with purpose("profiling.segmentation", actor=WORKER):
            Member.objects.create(
                subject_id=member.subject, segment_id=segment, entered_at=clock.now(),
                reason=[{"category": 3, "label": {"en": "12 orders"}, "source": "till"}],
            )  # fmt: skip

    def campaign(self, members: Iterable[Customer], **given: str) -> Campaign:
        segment = self.segment(members, given.get("segment", "Tea lovers"))
        template = self.template(given.get("template", "Autumn tea"))
        with database.as_role(Role.WEB):
            return create.create_campaign(
                given.get("name", "Spring sale"),
                purpose_key=given.get("purpose_key", "marketing.email"),
                segment_id=segment.pk,
                template_id=template.pk,
                actor=ALICE,
            )

    def launched(self, members: Iterable[Customer], **given: str) -> Campaign:
        """Return a campaign whose audience is frozen, ready to be claimed."""
        return self.go(self.campaign(members, **given))

    def go(self, campaign: Campaign) -> Campaign:
        """Launch a draft and freeze its audience."""
        with database.as_role(Role.WEB):
            launch(campaign.pk, actor=ALICE)
        run._prepare(campaign, actor=WORKER)
        campaign.refresh_from_db()
        return campaign

    def plan(self, campaign: Campaign) -> Plan:
        return replace(plan.load(campaign.pk), channel=self.provider)

    def drain(self, campaign: Campaign) -> Drained:
        until = clock.now() + run.SILENCE
        return drain.drain(self.plan(campaign), actor=WORKER, until=until)

    def run_of(self, campaign: Campaign) -> JobRun:
        campaign.refresh_from_db()
        return JobRun.objects.get(pk=campaign.job_id)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def office(shop: Shop, provider: FakeProvider) -> Office:
    return Office(shop, provider)


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def sofia(shop: Shop) -> Customer:
    return shop.welcome("sofia", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says={"marketing.email": False, "profiling.segmentation": True})


def deliveries() -> dict[UUID, tuple[str, str]]:
    """Return state and reason of every delivery by subject, as the sweeper sees them."""
    with database.as_role(Role.SWEEP), database.cursor() as sql:
        sql.execute("SELECT subject_id, state, reason FROM campaigns_delivery")
        return {subject: (state, reason) for subject, state, reason in sql.fetchall()}
