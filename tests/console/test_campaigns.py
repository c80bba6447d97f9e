"""Campaigns: plan, preview, launch, watch."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Template
from cdp.kernel import database
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role
from profiles.models import Segment, Source

RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}
GREETING = 'Hello {{ first_name | default: "there" }}'
HTMX = {"HX-Request": "true"}


@pytest.fixture
def segment(workspace: Workspace) -> Segment:
    with database.as_role(Role.WEB):
        Source.objects.create(key="candor", name="Candor itself")  # what is sent comes back by it
        return Segment.objects.create(name="Buyers", rule=RULE, created_by="sys:test")


def written(segment: Segment, /, **changes: str) -> dict[str, str]:
    return {
        "name": "Spring sale",
        "segment": str(segment.pk),
        "purpose": "marketing.email",
        "template": "new",
        "subject_en": GREETING,
        "body_en": "Come by: https://shop.example/spring",
        "subject_zh": "",
        "body_zh": "",
        **changes,
    }


def plan(browser: Client, segment: Segment, /, **changes: str) -> Campaign:
    answer = browser.post(reverse("console:campaign_new"), written(segment, **changes))
    assert answer.status_code == 302, answer.content.decode()
    return Campaign.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def test_a_draft_is_kept_with_its_message_and_nothing_is_sent(
    alice: Client, segment: Segment
) -> None:
    campaign = plan(alice, segment)

    template = Template.objects.get(pk=campaign.template_id)
    assert (campaign.state, campaign.segment_id) == (Campaign.State.DRAFT, segment.pk)
    assert template.subject == {"en": GREETING}
    page = alice.get(reverse("console:campaign", args=[campaign.pk])).content.decode()
    assert "Not launched. Nothing has been sent." in page
    assert "Hello Alex" in page  # a made-up person


def test_a_second_campaign_may_use_the_same_message(alice: Client, segment: Segment) -> None:
    first = plan(alice, segment)

    second = plan(alice, segment, name="Summer sale", template=str(first.template_id))

    assert second.template_id == first.template_id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject_en": "", "body_en": ""}, "Write a subject and a text"),
        ({"body_en": "You like {{ favorite_department | default: 'tea' }}"}, "does not cover"),
        ({"body_en": "{{ first_name }}"}, "fallback"),
        ({"body_en": "{{ salary }}"}, "salary"),
        ({"purpose": "support"}, "Select a valid choice"),
        ({"segment": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_sent_is_refused_whole(
    alice: Client, segment: Segment, changes: dict[str, str], said: str
) -> None:
    answer = alice.post(reverse("console:campaign_new"), written(segment, **changes))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Campaign.objects.exists()
    assert not Template.objects.exists()


def test_a_launch_starts_one_run_however_often_it_is_pressed(
    alice: Client, segment: Segment
) -> None:
    campaign = plan(alice, segment)
    url = reverse("console:campaign_launch", args=[campaign.pk])

    alice.post(url)
    again = alice.post(url, follow=True)

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PREPARING
    assert JobRun.objects.filter(kind="send-campaign").count() == 1
    assert "Reload the page" in again.content.decode()


def test_who_may_not_send_cannot_launch(alice: Client, omar: Client, segment: Segment) -> None:
    campaign = plan(alice, segment)

    refused = omar.post(reverse("console:campaign_launch", args=[campaign.pk]))

    campaign.refresh_from_db()
    assert refused.status_code == 403
    assert campaign.state == Campaign.State.DRAFT


def test_the_live_part_says_who_was_left_out_and_why(alice: Client, segment: Segment) -> None:
    campaign = plan(alice, segment)
    with database.as_role(Role.WORKER):
        Campaign.objects.filter(pk=campaign.pk).update(
            state=Campaign.State.FINISHED,
            counts={"total": 74, "sent": 71, "skipped": 3, "skipped.consent": 3},
        )

    answer = alice.get(reverse("console:campaign", args=[campaign.pk]), headers=HTMX)

    assert answer.status_code == 286
    assert "withdrew before the hand-over" in answer.content.decode()
    assert "74 of 74" in answer.content.decode()


def test_counting_the_reach_is_a_worker_s_job(alice: Client, segment: Segment) -> None:
    campaign = plan(alice, segment)

    answer = alice.post(reverse("console:campaign_reach", args=[campaign.pk]), headers=HTMX)

    run = JobRun.objects.get(kind="count-reach")
    assert run.purpose == "marketing.email"
    again = reverse("console:campaign_reach_result", args=[campaign.pk, run.pk])
    assert again in answer.content.decode()


def test_a_preview_as_a_person_is_a_worker_s_job(alice: Client, segment: Segment) -> None:
    campaign = plan(alice, segment)

    answer = alice.post(
        reverse("console:campaign_preview", args=[campaign.pk]),
        {"subject": str(segment.pk)},
        headers=HTMX,
    )

    assert answer.status_code == 200
    assert JobRun.objects.get(kind="preview-message").purpose == "marketing.email"


def test_an_act_that_does_not_exist_is_not_here(alice: Client, segment: Segment) -> None:
    campaign = plan(alice, segment)

    answer = alice.post(reverse("console:campaign_act", args=[campaign.pk, "explode"]))

    assert answer.status_code == 404
