"""Recorded clients against our door: 200 each, every call stored once and unchanged."""

import base64
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cdp.kernel import clock
from tests.api.door import Door, open_door
from tests.people import Shop

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))
WRITE_KEY = "recorded-write-key"
LEFT_OUT = ("host", "connection", "content-length", "content-type")
CALLS = 33
pytestmark = pytest.mark.django_db


@pytest.fixture
def door(shop: Shop) -> Door:
    return open_door(shop, key=WRITE_KEY)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_client_is_understood(recording: Path, door: Door) -> None:
    requests = [json.loads(line) for line in recording.read_text().splitlines()]

    assert replay(door, requests) == {200}
    stored = door.stored()

    calls = [call for request in requests for call in calls_of(request)]
    assert len(stored) == len(calls) == CALLS
    for call in calls:
        assert_unchanged(call, stored[call["messageId"]])
    assert door.refused() == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_replay_stores_nothing_new(recording: Path, door: Door) -> None:
    requests = [json.loads(line) for line in recording.read_text().splitlines()]
    replay(door, requests)
    before = door.stored()

    assert replay(door, requests) == {200}

    assert door.stored() == before


def replay(door: Door, requests: list[dict[str, Any]]) -> set[int]:
    """Send recorded requests again; return the statuses of those that carry calls."""
    statuses = set()
    for request in requests:
        headers = dict(request["headers"])
        kind = next((v for n, v in headers.items() if n.lower() == "content-type"), "")
        kept = {name: value for name, value in headers.items() if name.lower() not in LEFT_OUT}
        with clock.stopped(sent_at(request)):
            answer = door.request(
                request["method"], request["path"], body_of(request), headers=kept, kind=kind
            )
        if request["method"] == "OPTIONS":
            assert answer.status_code == 204
            assert answer["Access-Control-Allow-Origin"] == "*"
        else:
            statuses.add(answer.status_code)
            assert json.loads(answer.content) == {"success": True}
    return statuses


def body_of(request: dict[str, Any]) -> bytes:
    if "json" not in request:
        return base64.b64decode(request["body_b64"])
    raw = json.dumps(request["json"], ensure_ascii=False).encode()
    return gzip.compress(raw) if "inflated_len" in request else raw


def sent_at(request: dict[str, Any]) -> datetime:
    """Return when a request was sent by its own account: the moment at which we receive it."""
    body = request.get("json") or {}
    said = body.get("sentAt") or next((call["sentAt"] for call in calls_of(request)), None)
    return moment(said) if said else clock.now()


def calls_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    body = request.get("json") or {}
    calls: list[dict[str, Any]] = body.get("batch", [body] if body else [])
    return calls


def assert_unchanged(call: dict[str, Any], stored: dict[str, Any]) -> None:
    """Compare a call with its event, value for value and number for number."""
    context = call.get("context", {})
    traits = {**context.get("traits", {}), **call.get("traits", {})}
    assert stored["type"] == call["type"]
    assert stored["event"] == call.get("event")
    assert exact(stored["properties"]) == exact(call.get("properties") or {})
    assert exact(stored["traits"]) == exact(traits)
    for name in ("userId", "anonymousId", "previousId", "groupId"):
        assert stored.get(name) == call.get(name)
    assert moment(stored["timestamp"]) == moment(call.get("timestamp") or call["originalTimestamp"])


def exact(value: Any) -> str:
    """Return a value as text in which 0 and 0.0 differ."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
