"""A large send takes two people: asked before it starts, and again when its audience is frozen."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from audit.actors import Actor
from campaigns.broadcasts.launch import launch
from campaigns.delivery import run
from campaigns.planning import approval, create
from campaigns.planning.approval import AudienceGrew, CountFirst
from campaigns.planning.lifecycle import NotFromHere
from campaigns.planning.models import Campaign
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import decide, find
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from profiles.segments.models import Segment
from tests.campaigns.conftest import ALICE, WORKER, Office, deliveries
from tests.people import EVERYTHING, Customer

Roles = OperatorRole.Role


@pytest.fixture
def li(workspace: Workspace) -> Iterator[Actor]:
    """Return an approver of a workspace in which one operator is enough for one person."""
    with database.as_role(Role.WEB):
        settings = {**workspace.settings, "approval_above": {"campaign.launch": 1}}
        Workspace.objects.filter(pk=workspace.pk).update(settings=settings)
        Operator.objects.create(pk=ALICE.name, email="alice@shop.example", name="Alice")
        operator = Operator.objects.create(email="li@shop.example", name="Li")
        for role in (Roles.VIEWER, Roles.APPROVER):
            OperatorRole.objects.create(operator=operator, workspace=workspace, role=role)
    yield Actor.operator(operator.pk)


def large(office: Office, *members: Customer) -> Campaign:
    """Return a draft to these members, as a refresh left its segment."""
    campaign = office.campaign(members)
    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=campaign.segment_id).update(size=len(members))
    return campaign


def counts(campaign: Campaign, people: int) -> None:
    """Let a worker have counted so many people who permit the campaign as it is."""
    started = jobs.start(
        "count-reach",
        actor=ALICE,
        params={"campaign": str(campaign.pk), "snapshot": approval.stamp(campaign)},
    )
    with jobs.running(started.pk) as counting:
        counting.finish(members=people, permitted=people, addressable=people)


def approved(campaign: Campaign, *, people: int, by: Actor) -> Approval:
    counts(campaign, people)
    with database.as_role(Role.WEB):
        asked = approval.ask_to_launch(campaign, reason="spring", actor=ALICE)
        decide.approve(asked.pk, now_is=approval.snapshot(campaign), actor=by)
    asked.refresh_from_db()
    return asked


def joins(office: Office, campaign: Campaign, member: Customer) -> None:
    """Let somebody enter the segment of a campaign."""
    assert campaign.segment_id
    office.enters(campaign.segment_id, member)


def goes(campaign: Campaign) -> None:
    with database.as_role(Role.WEB):
        launch(campaign.pk, actor=ALICE)
    campaign.refresh_from_db()


def test_a_large_send_goes_once_another_operator_has_approved_it(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei, sofia)
    with pytest.raises(ApprovalNeeded):
        goes(campaign)
    asked = approved(campaign, people=2, by=li)

    goes(campaign)
    total = run._prepare(campaign, actor=WORKER)

    asked.refresh_from_db()
    assert (total, asked.used_at is not None) == (2, True)


def test_a_small_send_takes_nobody_else(office: Office, mei: Customer, li: Actor) -> None:
    campaign = large(office, mei)

    goes(campaign)

    assert campaign.state == "preparing"
    assert Approval.objects.count() == 0


def test_a_large_segment_of_whom_few_permit_it_takes_nobody_else_once_counted(
    office: Office, mei: Customer, jonas: Customer, li: Actor
) -> None:
    campaign = large(office, mei, jonas)
    needed_uncounted = approval.is_needed(campaign)
    counts(campaign, 1)

    goes(campaign)

    assert needed_uncounted
    assert run._prepare(campaign, actor=WORKER) == 1


def test_the_number_is_counted_before_it_is_asked_for(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei, sofia)

    with database.as_role(Role.WEB), pytest.raises(CountFirst):
        approval.ask_to_launch(campaign, reason="spring", actor=ALICE)
    counts(campaign, 2)
    with (
        clock.stopped(clock.now() + timedelta(hours=1, minutes=1)),
        database.as_role(Role.WEB),
        pytest.raises(CountFirst),
    ):
        approval.ask_to_launch(campaign, reason="spring", actor=ALICE)


def test_another_text_takes_another_approval(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei, sofia)
    asked = approved(campaign, people=2, by=li)
    other = office.template("Autumn tea")

    with database.as_role(Role.WEB):
        create.edit_campaign(campaign.pk, template_id=other.pk, actor=ALICE)

    asked.refresh_from_db()
    assert asked.state == "superseded"
    with pytest.raises(ApprovalNeeded):
        goes(campaign)


def test_another_rule_of_the_segment_takes_another_approval(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei, sofia)
    approved(campaign, people=2, by=li)
    rule = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 9}}

    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=campaign.segment_id).update(rule=rule)

    assert approval.open_one(campaign) is None
    with pytest.raises(ApprovalNeeded, match="changed"):
        goes(campaign)


def test_another_name_takes_no_other_approval(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei, sofia)
    asked = approved(campaign, people=2, by=li)

    with database.as_role(Role.WEB):
        campaign = create.edit_campaign(campaign.pk, name="Spring", actor=ALICE)

    open_now = approval.open_one(campaign)
    assert open_now is not None
    assert open_now.pk == asked.pk


def test_who_joined_meanwhile_is_held_back_and_nobody_gets_anything(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    campaign = large(office, mei)
    goes(campaign)
    joins(office, campaign, sofia)

    with pytest.raises(AudienceGrew):
        run._prepare(campaign, actor=WORKER)

    campaign.refresh_from_db()
    assert campaign.state == "draft"
    assert deliveries() == {}
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT act FROM audit_inbox WHERE act = 'campaign.hold'")
        assert sql.fetchall() == [("campaign.hold",)]


def test_an_approval_for_fewer_people_holds_a_grown_audience_and_is_used_up(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    third = office.shop.welcome("priya", says=EVERYTHING)
    campaign = large(office, mei, sofia)
    approved(campaign, people=2, by=li)
    goes(campaign)
    joins(office, campaign, third)

    with pytest.raises(AudienceGrew):
        run._prepare(campaign, actor=WORKER)

    campaign.refresh_from_db()
    assert deliveries() == {}
    assert find.open_one(approval.KIND, obj=approval.obj(campaign)) is None
    with pytest.raises(ApprovalNeeded):
        goes(campaign)


def test_an_approval_that_came_to_nothing_does_not_cover_a_later_launch(
    office: Office, mei: Customer, sofia: Customer, li: Actor
) -> None:
    third = office.shop.welcome("priya", says=EVERYTHING)
    campaign = large(office, mei, sofia)
    approved(campaign, people=2, by=li)
    goes(campaign)
    joins(office, campaign, third)
    with pytest.raises(AudienceGrew):
        run._prepare(campaign, actor=WORKER)
    campaign.refresh_from_db()
    counts(campaign, 1)  # so that it goes without asking anybody

    goes(campaign)

    assert approval.most_people(campaign) == 1


def test_what_is_launched_is_not_asked_for(office: Office, mei: Customer, li: Actor) -> None:
    campaign = large(office, mei)
    goes(campaign)

    with database.as_role(Role.WEB), pytest.raises(NotFromHere):
        approval.ask_to_launch(campaign, reason="spring", actor=ALICE)
