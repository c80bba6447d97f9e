"""Segments: type a rule, see what it says, save it, count it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cdp.kernel.models import JobRun, Workspace
from profiles.models import Segment
from tests.people import EVERYTHING, Shop

RULE = {
    "name": "Grocery buyers",
    "purpose": "marketing.email",
    "match": "all",
    "0-kind": "event",
    "0-event": "Order Completed",
    "0-property": "department",
    "0-values": "GROCERY",
    "0-days": "90",
    "0-measure": "sum",
    "0-op": "gt",
    "0-value": "100",
    "1-kind": "trait",
    "1-trait": "orders",
    "1-op": "ge",
    "1-value": "3",
}
NEW = "/console/segments/new/"
HTMX = {"HX-Request": "true"}


def typed(**changes: str) -> dict[str, str]:
    return {**RULE, "act": "save", **changes}


def save(browser: Client, **changes: str) -> Segment:
    answer = browser.post(NEW, typed(**changes))
    assert answer.status_code == 302
    return Segment.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def test_a_saved_rule_is_kept_in_minor_units_and_refreshed_at_once(
    workspace: Workspace, alice: Client
) -> None:
    segment = save(alice)

    assert segment.name == "Grocery buyers"
    assert segment.rule["where"]["all"][0]["value"] == 10000
    refreshes = JobRun.objects.filter(params__segment_id=str(segment.pk))
    assert [run.kind for run in refreshes] == ["refresh_segment"]


def test_the_builder_tells_the_rule_in_words(workspace: Workspace, alice: Client) -> None:
    page = alice.post(NEW, typed(act="update")).content.decode()

    assert "GROCERY in the last 90 days" in page


def test_a_condition_is_added_and_removed_without_saving(
    workspace: Workspace, alice: Client
) -> None:
    more = alice.post(NEW, typed(act="add:score"), headers=HTMX)
    fewer = alice.post(NEW, typed(act="remove:0"), headers=HTMX).content.decode()

    assert 'name="2-score"' in more.content.decode()
    assert more["HX-Trigger-After-Settle"] == '{"rule-changed": {}}'
    assert 'name="0-trait"' in fewer
    assert 'name="1-kind"' not in fewer
    assert not Segment.objects.exists()


def test_a_wrong_value_marks_its_own_condition_and_saves_nothing(
    workspace: Workspace, alice: Client
) -> None:
    answer = alice.post(NEW, typed(**{"1-value": "many"}))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert 'id="r1-problem"' in page
    assert 'id="r0-problem"' not in page
    assert 'value="many"' in page
    assert not Segment.objects.exists()


def test_a_name_that_is_taken_is_said_so(workspace: Workspace, alice: Client) -> None:
    save(alice)

    answer = alice.post(NEW, typed())

    assert answer.status_code == 422
    assert "Choose another name" in answer.content.decode()


def test_a_stored_rule_opens_as_rows_and_is_changed(workspace: Workspace, alice: Client) -> None:
    segment = save(alice)
    url = reverse("console:segment_edit", args=[segment.pk])

    page = alice.get(url).content.decode()
    alice.post(url, typed(**{"0-value": "250"}))

    assert 'name="0-value" value="100"' in page
    segment.refresh_from_db()
    assert segment.rule["where"]["all"][0]["value"] == 25000
    assert segment.rule_number == 2


def test_a_nested_rule_opens_as_json_and_is_saved_as_json(
    workspace: Workspace, alice: Client
) -> None:
    nested = '{"version": 1, "where": {"not": {"trait": "orders", "op": "ge", "value": 3}}}'
    segment = save(alice, json=nested)

    page = alice.get(reverse("console:segment_edit", args=[segment.pk])).content.decode()
    broken = alice.post(NEW, typed(name="Other", json="{"))

    assert segment.rule["where"] == {"not": {"trait": "orders", "op": "ge", "value": 3}}
    assert 'name="json"' in page
    assert "This is not JSON." in broken.content.decode()


def test_counting_starts_a_job_that_keeps_the_rule_out_of_the_url(
    workspace: Workspace, alice: Client
) -> None:
    answer = alice.post(reverse("console:segment_count"), RULE, headers=HTMX)

    run = JobRun.objects.get(kind="count_rule")
    assert run.params["purpose_key"] == "marketing.email"
    assert reverse("console:segment_count_result", args=[run.pk]) in answer.content.decode()


def test_a_count_is_work_and_has_a_rate(alice: Client, at_noon: Any) -> None:
    where = reverse("console:segment_count")
    asked = [alice.post(where, RULE, headers=HTMX) for _ in range(31)]

    assert {answer.status_code for answer in asked[:30]} == {200}
    assert asked[30].status_code == 429
    assert "Too many counts" in asked[30].content.decode()
    assert asked[30].headers["Retry-After"] == "2"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_the_count_ends_the_asking(workspace: Workspace, alice: Client, state: str) -> None:
    alice.post(reverse("console:segment_count"), RULE, headers=HTMX)
    run = JobRun.objects.get(kind="count_rule")
    counted: dict[str, Any] = {"population": 88, "match": 74, "consented": 41, "reachable": 40}
    JobRun.objects.filter(pk=run.pk).update(
        state=state, result=counted, explanation="Stopped.", ended_at=run.created_at
    )

    answer = alice.get(reverse("console:segment_count_result", args=[run.pk]), headers=HTMX)

    assert answer.status_code == 286
    assert ("41" in answer.content.decode()) is (state == "succeeded")
    assert ("Stopped." in answer.content.decode()) is (state == "failed")


def test_a_run_of_another_kind_is_no_count(workspace: Workspace, alice: Client) -> None:
    segment = save(alice)
    refresh = JobRun.objects.get(params__segment_id=str(segment.pk))

    answer = alice.get(reverse("console:segment_count_result", args=[refresh.pk]), headers=HTMX)

    assert answer.status_code == 404


def test_a_purpose_that_sends_nothing_is_not_counted_for(
    workspace: Workspace, alice: Client
) -> None:
    alice.post(reverse("console:segment_count"), {**RULE, "purpose": "support"}, headers=HTMX)

    assert JobRun.objects.get(kind="count_rule").params["purpose_key"] == "marketing.email"


def test_an_archived_segment_leaves_the_list(workspace: Workspace, alice: Client) -> None:
    segment = save(alice)

    alice.post(reverse("console:segment_archive", args=[segment.pk]))

    assert "Grocery buyers" not in alice.get(reverse("console:segments")).content.decode()


def test_what_people_like_is_suggested_only_from_those_who_permit_groups(
    shop: Shop, alice: Client
) -> None:
    shop.welcome("mei", says=EVERYTHING)

    page = alice.post(NEW, typed(act="update")).content.decode()

    assert 'list="r0-known"' in page
