"""Approvals on screen: a large send asked for by one operator and decided by another."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from audit.actors import Actor
from campaigns.models import Campaign
from campaigns.planning import approval as launching
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals.models import Approval
from cdp.kernel import database, jobs
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role
from profiles.models import Segment
from tests.console.conftest import Console
from tests.console.test_campaigns import plan, segment
from tests.operators import browser_of

__all__ = ["segment"]  # a fixture

Roles = OperatorRole.Role


@pytest.fixture
def draft(alice: Client, segment: Segment) -> Campaign:
    """Return Alice's draft to a segment of 12,000."""
    with database.as_role(Role.WEB):
        Segment.objects.filter(pk=segment.pk).update(size=12_000)
    return plan(alice, segment)


@pytest.fixture
def li(console: Console) -> Client:
    """Return the browser of an approver."""
    return console(Roles.VIEWER, Roles.APPROVER)


def counts(campaign: Campaign, people: int = 9_437) -> None:
    started = jobs.start(
        "count-reach",
        actor=Actor.system("test"),
        params={"campaign": str(campaign.pk), "snapshot": launching.stamp(campaign)},
    )
    with jobs.running(started.pk) as job:
        job.finish(members=12_000, permitted=people, addressable=people)


def asks(alice: Client, draft: Campaign) -> Approval:
    counts(draft)
    alice.post(reverse("console:campaign_approval", args=[draft.pk]), {"reason": "spring push"})
    return Approval.objects.get()


def page_of(browser: Client, draft: Campaign) -> str:
    return browser.get(reverse("console:campaign", args=[draft.pk])).content.decode()


def test_a_large_send_is_asked_for_decided_and_launched(
    alice: Client, li: Client, draft: Campaign
) -> None:
    before = page_of(alice, draft)
    asked = asks(alice, draft)
    waiting = page_of(alice, draft)
    shown = li.get(reverse("console:approvals")).content.decode()
    li.post(reverse("console:approval_approve", args=[asked.pk]), {"comment": "go"})
    approved = page_of(alice, draft)

    answer = alice.post(reverse("console:campaign_launch", args=[draft.pk]))

    draft.refresh_from_db()
    assert answer.status_code == 302
    assert draft.state == "preparing"
    assert "more than 5,000 people" in before
    assert "Launch…" not in before
    assert "Waiting for a second operator" in waiting
    assert re.search(r"Spring sale.*9,437 people", shown, re.DOTALL)
    assert "Launch…" in approved


def test_without_an_approval_a_launch_by_hand_is_refused_too(
    alice: Client, li: Client, draft: Campaign
) -> None:
    asks(alice, draft)

    alice.post(reverse("console:campaign_launch", args=[draft.pk]))

    draft.refresh_from_db()
    assert draft.state == "draft"
    assert JobRun.objects.filter(kind="send-campaign").count() == 0
    assert "Ask for it first." in page_of(alice, draft)


def test_the_page_of_an_approval_shows_the_frozen_copy_and_what_changed_since_the_last(
    alice: Client, li: Client, draft: Campaign
) -> None:
    first = asks(alice, draft)
    li.post(reverse("console:approval_approve", args=[first.pk]))
    counts(draft, people=11_000)
    alice.post(reverse("console:campaign_approval", args=[draft.pk]), {"reason": "more came"})
    second = Approval.objects.exclude(pk=first.pk).get()

    page = li.get(reverse("console:approval", args=[second.pk])).content.decode()

    assert "Spring sale v1" in page
    assert "Marketing by e-mail" in page
    assert re.search(r"<del[^>]*>.*9,437</del>.*11,000</ins>", page, re.DOTALL)
    assert "more came" in page


def test_a_rejection_needs_a_reason_and_names_nobody(
    alice: Client, li: Client, draft: Campaign
) -> None:
    asked = asks(alice, draft)
    url = reverse("console:approval_reject", args=[asked.pk])

    without = li.post(url, {"comment": ""})
    with_an_address = li.post(url, {"comment": "ask mei@example.com"})
    asked.refresh_from_db()
    untouched = asked.state
    li.post(url, {"comment": "too early"})

    asked.refresh_from_db()
    assert (without.status_code, with_an_address.status_code, untouched) == (422, 422, "asked")
    assert asked.state == "rejected"
    page = alice.get(reverse("console:approval", args=[asked.pk])).content.decode()
    assert "too early" in page


def test_deciding_takes_a_fresh_proof(
    alice: Client, li: Client, draft: Campaign, workspace: Workspace
) -> None:
    """Case 48: a stolen session alone approves nothing."""
    asked = asks(alice, draft)
    with database.as_role(Role.WEB):
        stale = browser_of(_operator_of(li), proven=False)

    answers = [
        stale.post(reverse(f"console:approval_{act}", args=[asked.pk]), {"comment": "x"})
        for act in ("approve", "reject")
    ]

    asked.refresh_from_db()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert all("/confirm/" in answer["Location"] for answer in answers)
    assert asked.state == "asked"


def test_who_asked_is_offered_no_decision_and_may_take_it_back(
    console: Console, li: Client, draft: Campaign
) -> None:
    anna = console(Roles.MARKETER, Roles.APPROVER)
    asked = asks(anna, draft)

    page = anna.get(reverse("console:approval", args=[asked.pk])).content.decode()
    anna.post(reverse("console:approval_approve", args=[asked.pk]))
    asked.refresh_from_db()
    after_trying = asked.state
    anna.post(reverse("console:approval_withdraw", args=[asked.pk]))

    asked.refresh_from_db()
    assert "You decide on" not in page
    assert (after_trying, asked.state) == ("asked", "withdrawn")


def test_nobody_else_sees_what_waits(
    alice: Client, li: Client, sam: Client, draft: Campaign
) -> None:
    asked = asks(alice, draft)

    shown = {
        name: browser.get(reverse("console:approval", args=[asked.pk])).status_code
        for name, browser in (("asker", alice), ("approver", li), ("support", sam))
    }

    assert shown == {"asker": 200, "approver": 200, "support": 404}
    assert "Spring sale" not in sam.get(reverse("console:approvals")).content.decode()


def test_one_operator_alone_reads_the_way_out(alice: Client, draft: Campaign) -> None:
    counts(draft)

    alice.post(reverse("console:campaign_approval", args=[draft.pk]), {"reason": "spring push"})

    assert Approval.objects.count() == 0
    assert "Invite one under Settings" in page_of(alice, draft)


def test_the_count_leads_to_the_question(alice: Client, li: Client, draft: Campaign) -> None:
    counts(draft)
    run = JobRun.objects.get(kind="count-reach")

    part = alice.get(
        reverse("console:campaign_reach_result", args=[draft.pk, run.pk]),
        headers={"HX-Request": "true"},
    ).content.decode()

    assert "Ask for approval" in part


def _operator_of(browser: Client) -> Operator:
    return Operator.objects.get(pk=browser.session["_auth_user_id"])
