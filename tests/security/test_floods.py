"""Floods: each door says how fast it may be asked, refuses by 429, and loses nothing silently."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from cdp.kernel import rates, valkey
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Workspace
from tests.api.conftest import Caller, issue
from tests.api.door import Door, open_door
from tests.people import Shop

pytestmark = pytest.mark.django_db
PURPOSES = "/api/v1/purposes"


@pytest.fixture
def door(shop: Shop) -> Door:
    """The tracking door of a shop."""
    return open_door(shop, key=f"key-{uuid7()}")


@pytest.fixture
def somewhere(settings: Any) -> dict[str, str]:
    """An address that no other test comes from: what a proxy of ours says."""
    settings.TRUSTED_PROXIES = 1
    return {"X-Forwarded-For": f"2001:db8::{uuid7().hex[-4:]}:{uuid7().hex[-8:-4]}"}


@pytest.fixture
def valkey_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Valkey be somewhere where nobody answers."""
    monkeypatch.setattr(rates._Silence, "until", None)  # and put back after
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    valkey.quick.cache_clear()
    yield
    valkey.quick.cache_clear()


def call(number: int) -> dict[str, Any]:
    return {"messageId": f"m{number}", "userId": "u1", "event": "Seen"}


def test_a_key_has_its_bucket_and_every_answer_says_how_full_it_is(
    caller: Caller, workspace: Workspace, settings: Any, at_noon: Any
) -> None:
    settings.API_PER_MINUTE = 3

    answers = [caller.get(PURPOSES), caller.get("/api/v1/no/such"), caller.post(PURPOSES)]
    forbidden = issue(workspace, scopes=["jobs:read"]).get(PURPOSES)
    refused = [caller.get(PURPOSES) for _ in range(3)][-1]

    assert [answers[0].status, answers[2].status, forbidden.status] == [200, 405, 403]
    assert answers[0].headers["RateLimit-Limit"] == "3"
    assert answers[0].headers["RateLimit-Remaining"] == "2"
    assert forbidden.headers["RateLimit-Remaining"] == "2", "a key of its own"
    assert (refused.status, refused.body["code"]) == (429, "too_many_requests")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "20"
    assert refused.headers["RateLimit-Remaining"] == "0"


def test_whoever_tries_keys_is_slowed_down(
    workspace: Workspace, somewhere: dict[str, str], at_noon: Any
) -> None:
    def ask() -> int:
        headers = {"Authorization": "Bearer cdk_nobody", **somewhere}
        return Client().get(PURPOSES, headers=headers).status_code

    assert {ask() for _ in range(60)} == {401}
    assert ask() == 429


def test_a_source_has_its_bucket_and_what_is_refused_may_come_again(
    door: Door, settings: Any, at_noon: Any
) -> None:
    settings.TRACKING_PER_SOURCE = 2

    answers = [door.send("/v1/track", call(number)) for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Remaining"] == "1"
    assert answers[2].headers["Retry-After"] == "30"
    assert json.loads(answers[2].content)["code"] == "too_many_requests"
    assert answers[2].headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answers[2].headers["Access-Control-Expose-Headers"]
    assert door.stored().keys() == {"m0", "m1"}


def test_an_address_has_its_bucket_before_anything_is_read(
    door: Door, settings: Any, somewhere: dict[str, str], at_noon: Any
) -> None:
    settings.TRACKING_PER_ADDRESS = 2

    statuses = [
        door.send("/v1/batch", b"\xff", key="unknown", headers=somewhere).status_code
        for _ in range(3)
    ]

    assert statuses == [400, 400, 429]
    assert door.send("/v1/track", call(1)).status_code == 200, "another address"


def test_no_event_is_lost_because_nothing_can_be_counted(
    door: Door, caller: Caller, settings: Any, valkey_away: None
) -> None:
    settings.TRACKING_PER_SOURCE = settings.API_PER_MINUTE = 1

    statuses = [door.send("/v1/track", call(number)).status_code for number in range(3)]

    assert statuses == [200, 200, 200]
    assert [caller.get(PURPOSES).status for _ in range(3)] == [200, 200, 200]
    assert len(door.stored()) == 3


def test_reports_of_broken_pages_are_thirty_a_minute(
    workspace: Workspace, somewhere: dict[str, str], at_noon: Any
) -> None:
    body = json.dumps({"csp-report": {"effective-directive": "script-src"}})

    def report() -> int:
        return (
            Client()
            .post("/csp-report", body, content_type="application/csp-report", headers=somewhere)
            .status_code
        )

    assert {report() for _ in range(30)} == {204}
    assert report() == 429


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"{" * 20_000, b"[" * 20_000, b'{"csp-report": []}', b"1" * 9_999]
)
def test_a_broken_report_breaks_nothing(body: bytes, somewhere: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)

    answer = client.post("/csp-report", body, content_type="text/plain", headers=somewhere)

    assert answer.status_code == 204
