"""Purposes, segments, campaigns, job runs and the log's checkpoint through the API."""

from typing import Any
from uuid import UUID

import pytest

from audit.actors import Actor
from audit.sequencer import sequence
from campaigns.models import Campaign
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.models import Segment
from profiles.segments.refresh import refresh
from profiles.traits.computed import compute
from tests.api.conftest import Caller
from tests.people import EVERYTHING, Shop

pytestmark = pytest.mark.django_db
RULE: dict[str, Any] = {
    "version": 1,
    "where": {"event": "Order Completed", "measure": "count", "op": "ge", "value": 1,
              "window": {"last_days": 90}},
}  # fmt: skip


def make_segments(caller: Caller, *names: str) -> list[str]:
    answers = [caller.post("/api/v1/segments", {"name": name, "rule": RULE}) for name in names]
    assert [answer.status for answer in answers] == [201] * len(names)
    return [answer.body["id"] for answer in answers]


def test_purposes_say_what_they_are_for_and_which_are_the_keys(caller: Caller) -> None:
    found = {each["key"]: each for each in caller.get("/api/v1/purposes").body["data"]}

    assert found["marketing.email"]["categories"] == ["contact", "identity", "message", "segment"]
    assert found["marketing.email"]["label"]["zh_hans"] == "电子邮件营销"
    assert found["marketing.email"]["switchable"] and not found["service"]["switchable"]
    assert found["service"]["yours"] and not found["recommend"]["yours"]
    assert not found["share.sale"]["open"]


def test_a_segment_is_made_and_read(caller: Caller) -> None:
    made = caller.post(
        "/api/v1/segments",
        {"name": "Buyers", "rule": RULE, "purpose": "marketing.email", "refresh_minutes": 30},
    )

    assert made.status == 201
    read = caller.get(f"/api/v1/segments/{made.body['id']}")
    assert made.headers["Location"].endswith(f"/api/v1/segments/{made.body['id']}")
    assert read.body == made.body
    assert read.body["rule"] == {"version": 1, "where": {**RULE["where"], "where": []}}
    assert Segment.objects.get().created_by.startswith("key:")


def test_a_name_is_used_once(caller: Caller) -> None:
    make_segments(caller, "Buyers")

    again = caller.post("/api/v1/segments", {"name": "Buyers", "rule": RULE})

    assert (again.status, again.body["code"]) == (409, "segment_name_taken")


@pytest.mark.parametrize("field", ["workspace_id", "created_by", "size", "id"])
def test_a_body_sets_no_field_that_is_not_its_own(caller: Caller, field: str) -> None:
    answer = caller.post("/api/v1/segments", {"name": "Buyers", "rule": RULE, field: "x"})

    assert answer.status == 400
    assert answer.body["errors"][0] == {
        "pointer": f"/{field}",
        "code": "unknown_field",
        "detail": "There is no such field.",
    }


def test_segments_come_newest_first(caller: Caller) -> None:
    oldest, middle, newest = make_segments(caller, "A", "B", "C")

    first = caller.get("/api/v1/segments", limit="2").body
    second = caller.get(first["next"].removeprefix("http://testserver")).body

    assert [each["id"] for each in first["data"]] == [newest, middle]
    assert [each["id"] for each in second["data"]] == [oldest]
    assert second["next"] is None


@pytest.mark.parametrize("limit", ["0", "201", "many", ""])
def test_a_page_has_1_to_200_rows(caller: Caller, limit: str) -> None:
    assert caller.get("/api/v1/segments", limit=limit).status == 400


def test_a_refresh_is_a_job_run_that_can_be_followed(caller: Caller) -> None:
    [segment] = make_segments(caller, "Buyers")

    started = caller.post(f"/api/v1/segments/{segment}/refreshes")

    assert (started.status, started.body["state"]) == (202, "queued")
    assert started.headers["Retry-After"].isdigit()
    where = started.headers["Location"].removeprefix("http://testserver")
    assert caller.get(where).body == started.body
    assert JobRun.objects.get().params["segment_id"] == segment


def test_a_failed_run_says_why(caller: Caller) -> None:
    run = jobs.start("test", actor=Actor.system("test"))
    with jobs.running(run.pk):
        raise jobs.JobCanceled("Stopped at an operator's request; what was finished is kept.")

    shown = caller.get(f"/api/v1/jobs/{run.pk}")

    assert shown.body["state"] == "canceled"
    assert shown.body["error"]["code"] == "canceled"
    assert "Retry-After" not in shown.headers


def test_members_are_those_whom_the_purpose_shows(caller: Caller, shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    jonas = shop.welcome("jonas", says=EVERYTHING)
    for customer in (mei, jonas):
        shop.sell(customer, 20)
    [segment] = make_segments(caller, "Buyers")
    compute(as_of=clock.now(), actor=Actor.system("test"))
    refresh(UUID(segment), as_of=clock.now(), actor=Actor.system("test"))
    path = f"/api/v1/segments/{segment}/members"
    caller.purpose = "profiling.segmentation"
    together = {member["profile_id"] for member in caller.get(path).body["data"]}

    caller.post(
        f"/api/v1/subjects/{jonas.subject}/withdrawals", {"purpose": "profiling.segmentation"}
    )

    assert together == {str(mei.subject), str(jonas.subject)}
    assert [m["profile_id"] for m in caller.get(path).body["data"]] == [str(mei.subject)]
    profile = caller.get(f"/api/v1/profiles/{mei.subject}").body
    assert [each["name"] for each in profile["segments"]] == ["Buyers"]
    assert {t["key"]: t["number"] for t in profile["traits"]}["spend_minor"] == 2000
    caller.purpose = "service"
    assert caller.get(path).body["data"] == []


def test_campaigns_are_listed_and_read(caller: Caller) -> None:
    with database.as_role(Role.WEB):
        campaign = Campaign.objects.create(name="Spring", created_by="op:test")

    listed = caller.get("/api/v1/campaigns").body["data"]

    assert [each["name"] for each in listed] == ["Spring"]
    assert caller.get(f"/api/v1/campaigns/{campaign.pk}").body == listed[0]


def test_the_checkpoint_is_the_logs_newest(caller: Caller) -> None:
    before = caller.get("/api/v1/audit/checkpoint")
    make_segments(caller, "Buyers")
    with database.as_role(Role.AUDIT):
        sequence(1000)

    after = caller.get("/api/v1/audit/checkpoint")

    assert before.status == 404
    assert after.body["size"] > 0
    assert after.body["note"].splitlines()[1:3] == [str(after.body["size"]), after.body["root"]]


def test_purposes_are_a_window_of_their_own(caller: Caller, shop: Shop) -> None:
    """A request leaves nothing open behind it: the next one on the connection sees nobody."""
    mei = shop.welcome("mei", says=EVERYTHING)
    caller.get(f"/api/v1/profiles/{mei.subject}")

    with database.cursor() as sql:
        sql.execute("SELECT current_setting('cdp.purpose', true), purpose_mask()")
        assert sql.fetchone() == ("", 0)
    with purpose("service", actor="job:test/1"):
        pass
