"""Batches keep order and limits; the door's no is heard, its not-now is waited out."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.demo.posting import MAX_EVENTS, BatchRefused, Door, pack
from tests.demo.conftest import CUT_OFF, ScriptedDoor


def calls(count: int) -> list[dict[str, Any]]:
    return [{"type": "track", "messageId": f"key-{number}"} for number in range(count)]


@given(
    sizes=st.lists(st.integers(0, 60), max_size=40),
    size=st.integers(1, 7),
    max_bytes=st.integers(1, 200),
)
def test_batches_keep_every_call_in_order_and_within_limits(
    sizes: list[int], size: int, max_bytes: int
) -> None:
    given_calls = [{"n": number, "pad": "x" * pad} for number, pad in enumerate(sizes)]

    batches = list(pack(given_calls, size=size, max_bytes=max_bytes))

    unpacked = [msgspec.json.decode(b"[" + batch.calls + b"]") for batch in batches]
    assert [call for part in unpacked for call in part] == given_calls
    for batch, part in zip(batches, unpacked, strict=True):
        assert batch.count == len(part) <= size
        assert len(batch.calls) <= max_bytes or batch.count == 1


@pytest.mark.parametrize("size", [0, -1, MAX_EVENTS + 1])
def test_a_batch_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 500"):
        list(pack(calls(1), size=size))


def test_everything_arrives_once_in_order_over_few_connections(door: ScriptedDoor) -> None:
    with Door(door.url) as opened:
        taken = list(opened.post_all(pack(calls(95), size=10), write_key="key"))

    assert taken == [10] * 9 + [5]
    assert sorted(call["messageId"] for call in door.calls) == sorted(
        call["messageId"] for call in calls(95)
    )
    assert len(door.connections) <= 2
    assert {batch.write_key for batch in door.posted} == {"key"}


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        ((429, {"Retry-After": "7"}, {}), 7.0),
        ((503, {"Retry-After": "2"}, {}), 2.0),
        ((503, {}, {}), 1.0),
        ((429, {"Retry-After": "99999"}, {}), 300.0),
        ((429, {"Retry-After": "soon"}, {}), 1.0),
        ((CUT_OFF, {}, {}), 0.25),
    ],
)
def test_a_batch_turned_away_for_now_is_sent_again(
    door: ScriptedDoor, answer: Any, waited: float
) -> None:
    door.answers = [answer]
    pauses: list[float] = []

    with Door(door.url, pause=pauses.append) as opened:
        taken = list(opened.post_all(pack(calls(3), size=10), write_key="key"))

    assert taken == [3]
    assert door.calls == calls(3)
    assert pauses == [waited]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 302, 202])
def test_a_refusal_stops_the_load_and_repeats_no_secret(door: ScriptedDoor, status: int) -> None:
    door.answers = [(status, {}, {"code": "no_good", "message": "mei.chen@example.com"})]

    with Door(door.url) as opened, pytest.raises(BatchRefused) as refused:
        list(opened.post_all(pack(calls(3), size=10), write_key="s3cret"))

    assert refused.value.code == "demo_batch_refused"
    assert refused.value.facts == {"status": status}
    assert "s3cret" not in str(refused.value)
    assert "mei.chen" not in str(refused.value)


def test_a_door_that_never_answers_json_reads_as_nothing(door: ScriptedDoor) -> None:
    with Door("http://127.0.0.1:1", pause=time.sleep) as closed:
        assert closed.read_json("/readyz") == {}

    with Door(door.url) as opened:
        assert opened.read_json("/readyz?drain=1") == {"journal_pending": 0}
