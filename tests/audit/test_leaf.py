"""Leaves: the published bytes, and nothing that is not canonical."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import leaf, merkle
from audit.leaf import Leaf, LeafRefused

KNOWN = (
    b'{"act":"pii.read","actor":"op:7","at":"2026-11-22T02:36:00.123456Z","detail":"",'
    b'"obj":"campaign:42","purpose":"marketing.email","ref":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",'
    b'"req":"req_9","role":"cdp_worker","salt":"00000000000000000000000000000000","sealed":"",'
    b'"src":"812","v":"1"}'
)
ENTRY = Leaf(
    src="812",
    at="2026-11-22T02:36:00.123456Z",
    actor="op:7",
    role="cdp_worker",
    act="pii.read",
    purpose="marketing.email",
    obj="campaign:42",
    req="req_9",
    ref="0f" * 16,
    detail="",
    sealed="",
    salt="00" * 16,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_the_known_entry_has_the_known_bytes_and_hash() -> None:
    raw = leaf.encode(ENTRY)

    assert raw == KNOWN
    known_hash = "0c016343410ac4156bc6c6d8fe651cc67d6e5433a27111605d50c362582995a7"
    assert merkle.leaf_hash(raw).hex() == known_hash


def test_the_workspace_is_part_of_the_leaf_when_there_is_one() -> None:
    workspace = UUID(int=7)
    raw = leaf.encode(Leaf(**{**_values(), "ws": str(workspace)}))

    assert json.loads(raw)["ws"] == str(workspace)
    assert leaf.decode(raw).workspace == workspace


@given(act=TEXTS, obj=TEXTS, detail=TEXTS)
def test_what_is_encoded_is_what_is_decoded(act: str, obj: str, detail: str) -> None:
    entry = Leaf(**{**_values(), "act": act, "obj": obj, "detail": detail})

    assert leaf.decode(leaf.encode(entry)) == entry


def test_control_characters_stay_inside_their_string() -> None:
    entry = Leaf(**{**_values(), "obj": 'a"\n\x1b[31m\u202e'})

    raw = leaf.encode(entry)

    assert b"\n" not in raw
    assert b"\x1b" not in raw
    assert leaf.decode(raw) == entry


def test_the_time_is_utc_to_the_microsecond() -> None:
    at = datetime(2026, 11, 22, 2, 36, 0, 5, tzinfo=UTC)
    entry = Leaf(**{**_values(), "at": leaf.stamp(at)})

    assert entry.at == "2026-11-22T02:36:00.000005Z"
    assert entry.recorded_at == at


@pytest.mark.parametrize(
    "raw",
    [
        KNOWN + b"\n",
        KNOWN.replace(b'"v":"1"', b'"v": "1"'),
        KNOWN.replace(b'"v":"1"', b'"v":"2"'),
        KNOWN.replace(b'"v":"1"', b'"v":1'),
        KNOWN.replace(b'"src":"812",', b""),
        KNOWN.replace(b'"src":"812"', b'"src":"812","src":"812"'),
        KNOWN.replace(b'"v":"1"', b'"v":"1","x":"1"'),
        KNOWN.replace(b"op:7", b"\\u006fp:7"),
        KNOWN.replace(b'"812"', b'"0812"'),
        KNOWN.replace(b'"812"', b'"x"'),
        KNOWN.replace(b".123456Z", b".1234Z"),
        KNOWN.replace(b"T02:", b"T25:"),
        KNOWN.replace(b"0f0f", b"0F0f"),
        KNOWN.replace(b'"v":"1"', b'"v":"1","ws":"7"'),
        KNOWN.replace(b"op:7", b"\\ud800"),
        KNOWN.replace(b"op:7", b"\xff"),
        b"[]",
        b"null",
        b"",
    ],
)
def test_bytes_in_another_form_are_refused(raw: bytes) -> None:
    with pytest.raises(LeafRefused):
        leaf.decode(raw)


def test_an_entry_longer_than_a_bundle_takes_is_refused() -> None:
    with pytest.raises(LeafRefused, match="65,535"):
        leaf.encode(Leaf(**{**_values(), "obj": "x" * 65_535}))


def _values() -> dict[str, str]:
    return dict(json.loads(KNOWN))
