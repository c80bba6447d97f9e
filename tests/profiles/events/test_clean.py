"""From a call to an event: what it is about, when it happened, nothing personal in the clear."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.kernel.protected import Category
from profiles.events.clean import CleanEvent, EventRefused, categorize, clean

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SOURCE = UUID("0198c0de-0000-7000-8000-0000000000f1")
ADDRESS, NUMBER = "ann.canary.7f3a@example.com", "+4915112345678"


def cleaned(call: dict[str, Any], **how: Any) -> CleanEvent:
    return clean({"type": "track", "event": "Tea Poured", "userId": "u1", **call}, source=SOURCE,
                 received_at=NOON, **how)  # fmt: skip


def refusal(call: Any, **how: Any) -> str:
    with pytest.raises(EventRefused) as caught:
        clean(call, source=SOURCE, received_at=NOON, **how)
    return caught.value.reason


def in_the_clear(event: CleanEvent) -> str:
    """Return everything of an event that is stored unsealed, as text."""
    return json.dumps(
        [event.properties, event.name, event.key, event.flags, event.currency, event.kind]
    )


def test_an_event_keeps_its_properties_and_seals_who_and_whence() -> None:
    event = cleaned({
        "properties": {"size": "large", "cups": 2}, "context": {"page": {"path": "/tea"}},
        "traits": {"email": ADDRESS}, "messageId": "m1",
    })  # fmt: skip

    assert event.properties == {"size": "large", "cups": 2}
    assert (event.key, event.category, event.happened_at) == ("m1", Category.BROWSING, NOON)
    assert [(each.kind, each.value) for each in event.identifiers] == [
        ("user_id", "u1"), ("email", ADDRESS),
    ]  # fmt: skip
    assert event.private["context"] == {"page": {"path": "/tea"}}
    assert event.private["userId"] == "u1"


PERSONAL: list[dict[str, Any]] = [
    {"email": "anything"}, {"First-Name": "Ann"}, {"firstName": "Ann"}, {"last_name": "Smith"},
    {"contact": ADDRESS}, {"note": f"call {ADDRESS} today"}, {"who": {"deep": [{"to": ADDRESS}]}},
    {"phone": 4915112345678}, {"homePhone": "0151 1234 5678"}, {"sms": NUMBER},
    {"mobile": 4915112345678}, {"phoneNumber": "Ann"}, {"phone_number": "Ann"}, {ADDRESS: 1},
    {"list": [ADDRESS, "tea"]}, {"lists": [[NUMBER]]}, {"address": {"street": "Hill 1"}},
    {"ip": "192.0.2.1"}, {"Birth Date": "1984-05-02"}, {"latitude": 52.5}, {"name": "Ann Smith"},
]  # fmt: skip


@pytest.mark.parametrize("properties", PERSONAL, ids=[next(iter(each)) for each in PERSONAL])
def test_a_personal_property_is_sealed_and_not_kept_in_the_clear(properties: Any) -> None:
    event = cleaned({"properties": {**properties, "cups": 2}})

    kept = json.dumps(event.properties)
    assert event.properties["cups"] == 2
    assert event.private["properties"] == {**properties, "cups": 2}
    for canary in (
        "Ann",
        "Smith",
        "anything",
        "canary",
        "151",
        "192.0",
        "1984",
        "52.5",
        '"x"',
        "Hill",
    ):
        assert canary not in kept


def test_the_name_of_a_product_is_not_a_persons() -> None:
    products = [{"product_id": "p1", "name": "Earl Grey", "brand": "National"}]

    assert cleaned({"properties": {"products": products}}).properties == {"products": products}


@pytest.mark.parametrize("field", ["event", "messageId"])
def test_an_address_as_the_events_name_or_key_is_not_kept(field: str) -> None:
    assert ADDRESS not in in_the_clear(cleaned({field: ADDRESS}))


def test_a_personal_key_still_tells_repeats_apart() -> None:
    keys = [cleaned({"messageId": key}).key for key in (ADDRESS, ADDRESS, f"b{ADDRESS}")]

    assert keys[0] == keys[1] != keys[2]


alphabet = st.characters(codec="utf-8", exclude_characters="\0")  # what can be stored
plain = st.none() | st.booleans() | st.integers() | st.text(alphabet, max_size=8)
secrets = st.sampled_from([ADDRESS, f"to:{ADDRESS};", NUMBER, f" {ADDRESS}"])


def objects(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.text(alphabet, max_size=6) | st.sampled_from(
        ["email", "Full Name", "products", "contact"]
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=12,
    )


@given(
    properties=st.dictionaries(
        st.text(alphabet, max_size=6) | secrets, objects(plain | secrets), max_size=4
    ),
    traits=st.dictionaries(st.text(alphabet, max_size=6), objects(plain | secrets), max_size=3),
    context=st.dictionaries(st.text(alphabet, max_size=6), objects(plain | secrets), max_size=3),
    kind=st.sampled_from(["track", "page", "identify"]),
)
def test_no_address_and_no_number_survives_in_the_clear(
    properties: dict[str, Any], traits: dict[str, Any], context: dict[str, Any], kind: str
) -> None:
    event = cleaned(
        {"type": kind, "name": ADDRESS, "properties": properties, "traits": traits,
         "context": {**context, "consent": None}}
    )  # fmt: skip

    clear = in_the_clear(event)
    assert "canary" not in clear
    assert NUMBER not in clear


@given(st.dictionaries(st.sampled_from(["cups", "size", "sizes"]), objects(plain), max_size=3))
def test_what_is_not_personal_stays_as_it_was(properties: dict[str, Any]) -> None:
    text = json.dumps(properties)
    if any(word in text for word in ("email", "Full Name", "contact", "@", '"+')):
        return

    event = cleaned({"properties": properties})

    assert event.properties == properties
    assert "properties" not in event.private


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ([], "not_an_object"), ("x", "not_an_object"), ({"type": "drink"}, "unknown_type"),
        ({"type": "track", "userId": "u"}, "event_name_missing"),
        ({"type": "track", "event": " ", "userId": "u"}, "event_name_missing"),
        ({"type": "track", "event": "x" * 201, "userId": "u"}, "event_name_too_long"),
        ({"type": "page"}, "missing_identity"),
        ({"type": "page", "userId": "null", "anonymousId": ""}, "missing_identity"),
        ({"type": "page", "userId": "u", "messageId": 7}, "unusable_message_id"),
        ({"type": "page", "userId": "u", "messageId": "x" * 256}, "unusable_message_id"),
        ({"type": "page", "userId": "u", "properties": {"a": "\x00"}}, "unstorable_character"),
        ({"type": "page", "userId": "u", "properties": {"\ud800": 1}}, "unstorable_character"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_event_is_refused_with_its_reason(call: Any, reason: str) -> None:
    assert refusal(call) == reason


def test_too_deep_and_too_large_calls_are_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(70):
        deep = {"in": deep}

    call = {"type": "page", "userId": "u", "properties": deep}
    assert refusal(call, raw=json.dumps(call).encode()) == "nested_too_deep"
    assert refusal({}, raw=b" " * 40_000) == "event_too_large"


def test_a_refusal_says_nothing_of_the_call() -> None:
    with pytest.raises(EventRefused) as caught:
        cleaned({"messageId": 7, "properties": {"email": ADDRESS}})

    assert "canary" not in str(caught.value) + caught.value.detail


def stamp(**at: timedelta) -> dict[str, str]:
    return {name: (NOON + shift).isoformat() for name, shift in at.items()}


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "happened", "flags"),
    [
        ({}, NOON, []),
        (stamp(timestamp=-HOUR), NOON - HOUR, []),
        (stamp(originalTimestamp=-HOUR), NOON - HOUR, []),
        (stamp(timestamp=-HOUR, sentAt=timedelta(0)), NOON - HOUR, []),
        (stamp(timestamp=HOUR, sentAt=2 * HOUR), NOON - HOUR, ["clock_corrected"]),
        (stamp(timestamp=-9 * HOUR, sentAt=-8 * HOUR), NOON - HOUR, ["clock_corrected"]),
        (stamp(timestamp=HOUR), NOON, ["clamped"]),
        ({"timestamp": "0001-01-01T00:00:00Z"}, NOON, []),
        ({"timestamp": "yesterday"}, NOON, []),
        ({"timestamp": 1718452800}, NOON, []),
        ({"timestamp": "9998-12-31T23:59:59-12:00", "sentAt": "1901-01-01T00:00:00Z"},
         NOON, ["clock_corrected", "clamped"]),
    ],
)  # fmt: skip
def test_a_wrong_clock_is_corrected_and_nothing_happens_after_it_came(
    said: dict[str, Any], happened: datetime, flags: list[str]
) -> None:
    event = cleaned(said)

    assert (event.happened_at, event.flags) == (happened, flags)


def test_moments_are_kept_in_utc_so_that_they_fall_into_the_logs_months() -> None:
    event = cleaned({"timestamp": "2019-03-01T05:00:00+10:00"})

    assert event.happened_at.utcoffset() == timedelta(0)
    assert event.happened_at.date().isoformat() == "2019-02-28"


@given(
    st.text(alphabet, max_size=30) | st.datetimes().map(str),
    st.text(alphabet, max_size=30) | st.datetimes().map(str),
)
def test_no_time_that_somebody_sends_does_harm(timestamp: str, sent_at: str) -> None:
    event = cleaned({"timestamp": timestamp, "sentAt": sent_at})

    assert datetime(1900, 1, 1, tzinfo=UTC) <= event.happened_at <= NOON


@pytest.mark.parametrize(
    ("kind", "name", "category"),
    [("identify", "", Category.IDENTITY), ("page", "Order", Category.BROWSING),
     ("track", "Order Completed", Category.PURCHASE), ("track", "Orderly", Category.BROWSING),
     ("track", "Email Opened", Category.MESSAGE),
     ("track", "Segment Consent Preference Updated", Category.MESSAGE)],
)  # fmt: skip
def test_an_event_has_the_category_of_what_it_is(kind: str, name: str, category: Category) -> None:
    assert categorize(kind, name) is category


@pytest.mark.parametrize(
    ("properties", "worth"),
    [({"total": 12.34}, 1234), ({"revenue": 5}, 500), ({"total": True}, None),
     ({"total": "12"}, None), ({"total": 1e15}, None), ({}, None), ({"total": -0.1}, -10)],
)  # fmt: skip
def test_an_orders_worth_is_in_minor_units(properties: dict[str, Any], worth: int | None) -> None:
    event = cleaned({"event": "Order Completed", "properties": {**properties, "currency": "EURO"}})

    assert event.amount_minor == worth
    assert event.currency == ("EUR" if worth is not None else "")


def test_only_the_platform_may_name_a_person_outright() -> None:
    subject = "0198c0de-0000-7000-8000-00000000001e"

    assert cleaned({"subjectId": subject}).subject is None
    assert cleaned({"subjectId": subject}, is_platform=True).subject == UUID(subject)
    assert refusal(
        {"type": "page", "userId": "u", "subjectId": "x"}, is_platform=True
    ) == "unusable_subject"  # fmt: skip


def test_an_unusable_identifier_is_flagged_and_the_others_hold() -> None:
    event = cleaned({"traits": {"email": "nobody", "phone": "12"}, "anonymousId": "a1"})

    assert [each.kind for each in event.identifiers] == ["user_id", "anonymous_id"]
    assert event.flags == ["unusable_email", "unusable_phone"]
