"""Envelopes taken apart: fast where they are sound, by hand where one call is not."""

import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.events import wire
from profiles.events.wire import BodyRefused, BodyTooLarge

HALF = '"\\ud800"'
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(calls=st.lists(values, max_size=6), context=values, place=st.integers(0, 6))
def test_one_bad_call_leaves_the_others_as_they_are(
    calls: list[Any], context: Any, place: int
) -> None:
    texts = [json.dumps(call) for call in calls]
    texts.insert(place, HALF)
    body = f'{{"context": {json.dumps(context)}, "batch": [{" , ".join(texts)}], "sentAt": "x"}}'

    found = wire.envelope(body.encode(), kind=None)

    assert [bytes(raw).decode() for raw in found.batch] == texts
    assert found.sentAt == "x"


@given(calls=st.lists(values, max_size=6), context=values)
def test_the_journal_gives_back_what_it_took(calls: list[Any], context: Any) -> None:
    body = json.dumps({"batch": calls, "context": context, "sentAt": 1}).encode()
    found = wire.envelope(body, kind=None)

    back = wire.unpack(wire.pack(found))

    assert [bytes(raw) for raw in back.batch] == [bytes(raw) for raw in found.batch]
    assert (back.context, back.sentAt) == (found.context, found.sentAt)


@pytest.mark.parametrize(
    "body",
    [
        '{"batch": [1, %s',
        '{"batch": [1, %s]',
        '{"batch": [1, %s,]}',
        '{"batch": [1, {"a":}, %s]}',
        '{"batch": [1, NaN, %s]}',
        '{"batch": {"a": %s}}',
        '{"context": %s, "batch": [1]}',
        '{"batch": [%s]} more',
        '{"other": [%s]}',
        '[{"batch": [%s]}]',
    ],
)
def test_an_envelope_that_is_broken_itself_is_refused(body: str) -> None:
    with pytest.raises(BodyRefused):
        wire.envelope((body % HALF).encode(), kind=None)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000_000,
        b'{"batch":[' + b"[" * 10_000_000,
        b'{"batch":["\\ud800",' + b'"a",' * 2_000_000 + b"1]}",
        b'"' + b"\\" * 9_000_000,
        b'"' + b'\\"' * 4_500_000,
        b'{"batch":["\\ud800' + b'\\"' * 4_500_000,
    ],
    ids=["brackets", "brackets in a batch", "many calls", "slashes", "quotes", "open string"],
)
def test_a_hostile_body_costs_time_in_proportion_to_its_length(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises((BodyRefused, BodyTooLarge)):
        wire.envelope(body, kind=None)
    whole = time.process_time() - began

    began = time.process_time()
    with pytest.raises((BodyRefused, BodyTooLarge)):
        wire.envelope(body[: len(body) // 8], kind=None)
    eighth = time.process_time() - began

    assert whole < 40 * eighth + 0.5  # squared it would be 64 times


@given(data=st.binary(max_size=300_000), coding=st.sampled_from(["gzip", "deflate"]))
def test_inflating_undoes_the_coding(data: bytes, coding: str) -> None:
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)

    assert wire.inflate(packer.compress(data) + packer.flush(), coding) == data
