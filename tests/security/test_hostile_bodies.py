"""
Bodies that were made to break a reader, at both doors.

Time is the thread's own, so a busy machine fails nothing. At the tracking door a bad call inside
a good batch goes to quarantine; what cannot be read as a batch at all is 4xx.
"""

import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cdp.kernel.identifiers import uuid7
from profiles.events import wire
from tests.api.conftest import Caller
from tests.api.door import Door, open_door
from tests.people import Shop

pytestmark = pytest.mark.django_db
SEARCH, SEGMENTS = "/api/v1/profiles/search", "/api/v1/segments"
MOST_SECONDS, MOST_BYTES = 1.0, 64 << 20
DEEP = "[" * 10_000 + "]" * 10_000
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 2}}


@pytest.fixture
def door(shop: Shop) -> Door:
    """The tracking door of a shop."""
    return open_door(shop, key=f"key-{uuid7()}")


def bomb(coding: str) -> bytes:
    """Return 9 MB that would inflate to 9 GB: one packed MiB of zeros, again and again."""
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    zeros = bytes(1 << 20)
    begin, again = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return begin + again * (9 * 1024 * 1024 // len(again))


def keys(count: int) -> str:
    return ",".join(f'"{number:x}":1' for number in range(count))


def cost(act: Callable[[], Any]) -> tuple[Any, float, int]:
    """Return what an act gave, the seconds of this thread and the most bytes it held at once."""
    tracemalloc.start()
    given = act()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    before = time.thread_time()
    act()
    seconds = time.thread_time() - before
    return given, seconds, peak


ENVELOPES: dict[str, tuple[bytes, int]] = {
    "a million keys": (f'{{"batch":[],{keys(900_000)}}}'.encode(), 413),
    "a million keys shared": (f'{{"batch":[],"context":{{{keys(900_000)}}}}}'.encode(), 413),
    "two million lists": (b'{"batch":[],"context":[' + b"[]," * 2_000_000 + b"1]}", 413),
    "deep and shared": (f'{{"batch":[],"context":{DEEP}}}'.encode(), 400),
    "deep alone": (DEEP.encode(), 400),
    "millions deep": (b'{"batch":' + b"[" * 9_000_000, 400),
    "NaN": (b'{"batch":[],"context":NaN}', 400),
    "Infinity": (b'{"batch":[{"a":-Infinity}]}', 400),
    "half a sign": (b'{"batch":[],"context":{"a":"\\ud800"}}', 400),
    "a number of 5,000 digits": (b'{"batch":[],"context":1' + b"9" * 5_000 + b"}", 400),
    "not UTF-8": (b'{"batch":[],"context":"\xff\xfe"}', 400),
    "more bytes than are read": (b'{"batch":[' + b" " * wire.WIRE_BYTES + b"]}", 413),
}


@pytest.mark.parametrize(("body", "status"), ENVELOPES.values(), ids=ENVELOPES)
def test_no_envelope_costs_the_tracking_door_much(door: Door, body: bytes, status: int) -> None:
    """Case 54."""
    answer, seconds, peak = cost(lambda: door.send("/v1/batch", body))

    assert answer.status_code == status
    assert seconds < MOST_SECONDS
    assert peak < MOST_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_put_out(door: Door, coding: str) -> None:
    """Case 54: 9 MB that would be 9 GB."""
    body = bomb(coding)

    answer, seconds, peak = cost(
        lambda: door.send("/v1/batch", body, headers={"Content-Encoding": coding})
    )

    assert answer.status_code == 413
    assert seconds < MOST_SECONDS
    assert peak < MOST_BYTES


CALLS: dict[str, tuple[str, str]] = {
    "a million keys": (f'{{"type":"track","userId":"u","event":"E",{keys(500_000)}}}',
                       "event_too_large"),
    "deep": (f'{{"type":"track","userId":"u","event":"E","properties":{DEEP}}}', "unreadable_json"),
    "NUL": ('{"type":"track","userId":"u","event":"E","properties":{"a":"\\u0000"}}',
            "unstorable_character"),
    "half a sign": ('{"type":"track","userId":"u","event":"E","properties":{"a":"\\udfff"}}',
                    "unreadable_json"),
    "beyond a double": ('{"type":"track","userId":"u","event":"E","properties":{"a":1e999}}',
                        "unreadable_json"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "reason"), CALLS.values(), ids=CALLS)
def test_a_hostile_call_is_kept_apart_and_costs_no_other(
    door: Door, call: str, reason: str
) -> None:
    """Case 54."""
    good = '{"type":"track","userId":"u","event":"Good","messageId":"good"}'

    answer = door.send("/v1/batch", f'{{"batch":[{call},{good}]}}'.encode())

    assert answer.status_code == 200
    assert door.stored().keys() == {"good"}
    assert door.refused() == [reason]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**300])
def test_a_number_beyond_64_bits_stops_neither_door_nor_drain(door: Door, number: int) -> None:
    """Case 54."""
    call = f'{{"messageId":"m","userId":"u","event":"E","properties":{{"revenue":{number}}}}}'

    answer = door.send("/v1/track", call.encode())

    assert answer.status_code == 200
    assert len(door.stored()) + len(door.refused()) == 1


def test_of_a_key_that_stands_twice_one_counts_everywhere(door: Door) -> None:
    """Case 54: the identity that is checked is the identity that is stored."""
    nobody = door.send("/v1/track", b'{"event":"E","userId":"mei","userId":""}')
    somebody = door.send("/v1/track", b'{"messageId":"m","event":"E","userId":"","userId":"mei"}')

    assert (nobody.status_code, somebody.status_code) == (400, 200)
    assert door.stored()["m"]["userId"] == "mei"


def body_of(value: str) -> bytes:
    return f'{{"user_id":{value}}}'.encode()


API_BODIES: dict[str, tuple[bytes, int]] = {
    "a million keys": (f"{{{keys(900_000)}}}".encode(), 413),
    "more keys than a body has": (f"{{{keys(20_000)}}}".encode(), 400),
    "deep": (body_of(DEEP), 400),
    "deep and unclosed": (b'{"user_id":' + b"[" * 1_000_000, 400),
    "a text that never ends": (b'{"user_id":"' + b"\\" * 1_000_000, 400),
    "NaN": (body_of("NaN"), 400),
    "Infinity": (body_of("-Infinity"), 400),
    "beyond a double": (body_of("1e999"), 400),
    "2^63": (body_of(str(2**63)), 404),
    "NUL": (body_of('"\\u0000"'), 400),
    "half a sign": (body_of('"\\ud800"'), 400),
    "twice": (b'{"user_id":"a","user_id":"b"}', 400),
    "a number of 5,000 digits": (body_of("9" * 5_000), 400),
    "not UTF-8": (b'{"user_id":"\xff"}', 400),
}


@pytest.mark.parametrize(("body", "status"), API_BODIES.values(), ids=API_BODIES)
def test_no_body_costs_the_api_much(caller: Caller, body: bytes, status: int) -> None:
    """Case 54."""
    answer, seconds, peak = cost(lambda: caller.post(SEARCH, raw=body))

    assert answer.status == status
    assert seconds < MOST_SECONDS
    assert peak < MOST_BYTES


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "text/html", "x"]
)
def test_the_api_reads_json_alone(caller: Caller, kind: str) -> None:
    """Case 54: wrong content type."""
    answer = caller.post(SEARCH, {"user_id": "a"}, kind=kind)

    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "change",
    [
        {"refresh_minutes": 2**63},
        {"refresh_minutes": -1},
        {"refresh_minutes": 1e300},
        {"name": "x" * 10_000},
        {"rule": {"version": 2**63, "where": {}}},
        {"rule": {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 2**63}}},
        {"rule": {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 10**300}}},
        {"rule": {"version": 1, "where": {"event": "E", "where": [], "window": {"last_days": 2**63},
                                          "measure": "count", "op": "ge", "value": 1}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_number_out_of_bounds_is_refused_by_the_api(
    caller: Caller, change: dict[str, Any]
) -> None:
    """Case 54."""
    answer = caller.post(SEGMENTS, {"name": "Bounds", "rule": RULE, **change})

    assert answer.status == 400


def test_a_page_of_2_to_the_63_rows_is_refused(caller: Caller) -> None:
    """Case 54."""
    assert caller.get(SEGMENTS, limit=str(2**63)).status == 400


@pytest.mark.parametrize("path", ["/account/signin/", "/my/", "/console/segments/new/"])
def test_a_form_of_too_many_fields_or_bytes_is_refused(path: str, workspace: Any) -> None:
    """Case 54: pages take no more than their forms could send."""
    client = Client(raise_request_exception=False)
    form = "application/x-www-form-urlencoded"

    crowded = client.post(path, "&".join(f"f{n}=1" for n in range(2_000)), content_type=form)
    heavy = client.post(path, "a=" + "x" * (11 * 1024 * 1024), content_type=form)

    assert crowded.status_code in range(300, 500)
    assert heavy.status_code in range(300, 500)
