"""The front door: what it takes, what it refuses by name, and that a bad call costs no other."""

import base64
import gzip
import io
import json
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from cdp.api.tracking import views
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent.catalog import CATALOG
from profiles.events import wire
from profiles.models import Event, JournalEntry, Source, WriteKey
from tests.api.door import Door, open_door
from tests.people import Shop

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def door(shop: Shop) -> Door:
    return open_door(shop, key="wk_test")


def call(key: str = "m1", **given: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Looked", "userId": "mei-1", "messageId": key, **given}


def waiting() -> int:
    with database.as_role(Role.INGEST):
        return JournalEntry.objects.count()


def test_one_call_is_stored_as_it_was_sent(door: Door) -> None:
    properties = {
        "zero": 0.0, "big": 2**53 - 1, "huge": 2**70, "tiny": -1.5e-07, "nothing": None,
        "list": [], "text": "中文 🎉 <b>", "deep": {"a": [{"b": [1, None]}]},
    }  # fmt: skip

    answer = door.send("/v1/track", call(properties=properties))

    assert (answer.status_code, json.loads(answer.content)) == (200, {"success": True})
    stored = door.stored()["m1"]
    assert json.dumps(stored["properties"], sort_keys=True) == json.dumps(
        properties, sort_keys=True
    )
    assert (stored["type"], stored["event"], stored["userId"]) == ("track", "Looked", "mei-1")


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/v1/t", {}, "track"),
        ("/v1/track/", {}, "track"),
        ("/v1/i", {"traits": {"age": 3}}, "identify"),
        ("/v1/page", {"name": "Home"}, "page"),
        ("/v1/s", {"name": "Start"}, "screen"),
        ("/v1/g", {"groupId": "g1"}, "group"),
        ("/v1/alias", {"previousId": "device-9"}, "alias"),
    ],
)
def test_the_path_says_what_a_call_is(door: Door, path: str, body: Any, kind: str) -> None:
    sent = {"userId": "mei-1", "messageId": "m1", "event": "Looked", **body}

    assert door.send(path, sent, kind="text/plain").status_code == 200

    assert door.stored()["m1"]["type"] == kind


def test_personal_values_come_back_whole_in_an_export_and_stand_nowhere_in_the_clear(
    door: Door,
) -> None:
    properties = {"note": "write to mei.canary.7f3a@example.com", "phone": "+8613800138000", "n": 1}
    name = "Called mei.canary.7f3a@example.com"

    key = "mei.canary.7f3a@example.com/1"

    for _ in range(2):
        door.send("/v1/track", call(key, properties=properties, event=name))

    stored = door.stored()[key]
    assert (stored["properties"], stored["event"]) == (properties, name)
    with database.as_role(Role.INGEST):
        rows = list(Event.objects.values_list("key", "name", "properties"))
    assert "canary" not in str(rows)
    assert rows[0][2] == {"n": 1}


@pytest.mark.parametrize("place", ["body", "query", "header wins"])
def test_the_first_key_given_decides(door: Door, place: str) -> None:
    in_body = door.send("/v1/track", {**call(), "writeKey": "wk_test"}, key="")
    in_query = door.send("/v1/track?writeKey=wk_test", call(), key="")
    contradicted = door.send("/v1/track", {**call(), "writeKey": "wk_test"}, key="wk_other")

    expected = {"body": in_body, "query": in_query, "header wins": contradicted}[place]
    assert expected.status_code == (401 if place == "header wins" else 200)


def test_a_key_unknown_missing_or_revoked_is_401_and_stores_nothing(door: Door) -> None:
    with database.as_role(Role.WEB):
        till = Source.objects.get(key="till")
        WriteKey.objects.create(
            source=till, workspace_id=till.workspace_id, key="wk_old", revoked_at=clock.now()
        )

    for key in ("", "wk_unknown", "wk_old", "a\x00b"):
        answer = door.send("/v1/batch", {"batch": [call()]}, key=key)
        told = json.loads(answer.content)
        assert (answer.status_code, told["code"]) == (401, "invalid_key")
        assert told["message"] and answer["Access-Control-Allow-Origin"] == "*"
    garbled = door.send("/v1/batch", {"batch": []}, headers={"Authorization": "Basic %%%"})
    assert garbled.status_code == 401
    assert waiting() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"batch": {}}',
        b'{"batch": [}',
        b'{"batch": [{"a": NaN}]}',
        b'{"batch": [{"a":1}',
        b'{"batch": [{"a":"\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_a_broken_envelope_is_400_by_name(door: Door, body: bytes) -> None:
    answer = door.send("/v1/batch", body)

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "invalid_body")
    assert waiting() == 0


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b'{"batch":[]}')[:-4], "gzip"),
        (gzip.compress(b'{"batch":[]}') + b"more", "gzip"),
        (b'{"batch":[]}', "gzip"),
        (b'{"batch":[]}', "br"),
        (b"\x1f\x8b" + b"\x00" * 40, "gzip"),
    ],
    ids=["cut", "trailing", "plain", "unknown coding", "garbage"],
)
def test_a_body_that_is_not_coded_as_it_says_is_400(door: Door, body: bytes, coding: str) -> None:
    answer = door.send("/v1/batch", body, headers={"Content-Encoding": coding})

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "invalid_body")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_batch_is_read_whatever_its_content_type(door: Door, coding: str) -> None:
    raw = json.dumps({"batch": [call()]}).encode()
    body = gzip.compress(raw) if coding == "gzip" else zlib.compress(raw)

    answer = door.send(
        "/v1/batch",
        body,
        headers={"Content-Encoding": coding},
        kind="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 200
    assert door.stored().keys() == {"m1"}


def test_a_bomb_is_413_and_memory_stays_bounded(door: Door) -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(256)) + packer.flush()

    tracemalloc.start()
    answer = door.send("/v1/batch", bomb, headers={"Content-Encoding": "gzip"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "too_large")
    assert peak < 64 << 20


def test_too_many_bytes_or_events_are_413(door: Door) -> None:
    heavy = door.send("/v1/batch", b'{"batch":[' + b" " * wire.WIRE_BYTES + b"]}")
    crowded = door.send("/v1/batch", {"batch": [call(str(n)) for n in range(2501)]})
    full = door.send("/v1/batch", {"batch": [call(str(n)) for n in range(2500)]})

    assert [heavy.status_code, crowded.status_code, full.status_code] == [413, 413, 200]


def test_a_body_that_ends_early_is_400() -> None:
    environment = RequestFactory().post("/v1/batch").environ | {
        "CONTENT_LENGTH": "500",
        "wsgi.input": io.BytesIO(b'{"batch":[]}'),
    }

    answer = views.batch(WSGIRequest(environment))

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "invalid_body")


def test_a_preflight_needs_no_key(door: Door) -> None:
    answer = door.request(
        "OPTIONS",
        "/v1/t",
        headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "x-retry-count"} == set(allowed)
    assert answer["Access-Control-Max-Age"] == "7200"


def test_methods_and_paths_that_do_not_exist(door: Door) -> None:
    got = door.request("GET", "/v1/batch", headers={})
    nowhere = door.send("/v1/nothing", call())

    assert (got.status_code, json.loads(got.content)["code"]) == (405, "method_not_allowed")
    assert (nowhere.status_code, json.loads(nowhere.content)["code"]) == (404, "unknown_path")


@pytest.mark.parametrize("anonymous", [None, ""])
def test_a_single_call_about_nobody_is_400(door: Door, anonymous: str | None) -> None:
    answer = door.send("/v1/track", {"type": "track", "event": "Looked", "anonymousId": anonymous})

    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "missing_identity")
    assert waiting() == 0


BAD_CALLS: dict[str, tuple[str, str]] = {
    "nul": ('{"type":"track","event":"E","userId":"u","properties":{"a":"x\\u0000y"}}',
            "unstorable_character"),
    "half a sign": ('{"type":"track","event":"E","userId":"u","properties":{"a":"\\ud800"}}',
                    "unreadable_json"),
    "half a sign in a text": (
        '{"type":"track","event":"E","userId":"u","properties":{"a":"so \\udc00 and on"}}',
        "unreadable_json"),
    "nested": ('{"type":"track","event":"E","userId":"u","properties":{"a":' + "[" * 80 + "]" * 80
               + "}}", "nested_too_deep"),
    "nested beyond reading": ('{"type":"track","event":"E","userId":"u","properties":{"a":'
                              + "[" * 5000 + "]" * 5000 + "}}", "unreadable_json"),
    "beyond a double": ('{"type":"track","event":"E","userId":"u","properties":{"a":1e999}}',
                        "unreadable_json"),
    "oversized": ('{"type":"track","event":"E","userId":"u","properties":{"a":"' + "x" * 33_000
                  + '"}}', "event_too_large"),
    "about nobody": ('{"type":"track","event":"E"}', "missing_identity"),
    "of no kind": ('{"type":"dance","userId":"u"}', "unknown_type"),
    "without a name": ('{"type":"track","userId":"u"}', "event_name_missing"),
    "no object": ("17", "not_an_object"),
    "long id": ('{"type":"track","event":"E","userId":"u","messageId":"' + "m" * 256 + '"}',
                "unusable_message_id"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_a_bad_call_goes_to_quarantine_and_costs_no_other(
    door: Door, bad: str, reason: str
) -> None:
    good = [json.dumps(call(key)) for key in ("before", "after")]
    body = f'{{"batch":[{good[0]},{bad},{good[1]}],"sentAt":"{clock.now().isoformat()}"}}'

    answer = door.send("/v1/batch", body.encode())

    assert answer.status_code == 200
    assert door.stored().keys() == {"before", "after"}
    assert door.refused() == [reason]


def test_undecodable_text_in_one_call_costs_no_other(door: Door) -> None:
    body = b'{"batch":[' + json.dumps(call("good")).encode() + b',{"type":"track","a":"\xff"}]}'

    assert door.send("/v1/batch", body).status_code == 200

    assert door.stored().keys() == {"good"}
    assert door.refused() == ["unreadable_json"]


def test_what_is_in_quarantine_cannot_be_read_in_the_table(door: Door) -> None:
    door.send("/v1/batch", {"batch": [{"type": "dance", "email": "mei.canary.7f3a@example.com"}]})
    door.drain()

    with database.cursor() as sql:
        sql.execute("SELECT q::text, sealed FROM profiles_quarantine q")
        [(row, sealed)] = sql.fetchall()
    assert "canary" not in row
    assert b"canary" not in bytes(sealed)


def test_a_repeated_call_is_one_event_within_and_across_batches(door: Door) -> None:
    first = call(properties={"n": 1})
    door.send("/v1/batch", {"batch": [first, first, call(properties={"n": 2})]})
    door.stored()

    door.send("/v1/batch", {"batch": [call("m2"), first], "sentAt": clock.now().isoformat()})
    door.send("/v1/track", first)

    stored = door.stored()
    assert stored.keys() == {"m1", "m2"}
    assert stored["m1"]["properties"] == {"n": 1}


STRANGE: dict[str, dict[str, Any]] = {
    "big line": {
        "type": "track",
        "event": "Order Completed",
        "properties": {"products": [{"price": 1e12, "quantity": 1e12}]},
    },
    "big total": {
        "type": "track",
        "event": "Order Completed",
        "properties": {
            "total": 1e308,
            "currency": "\U0001f389€xyz",
            "products": [{"price": 1e300, "quantity": "x", "department": {"a": [1]}, "brand": 5}],
        },
    },
    "huge int": {
        "type": "track",
        "event": "Order Completed",
        "properties": {
            "total": 10**400,
            "order_id": 10**50,
            "products": [{"price": 10**400, "quantity": 10**300}],
        },
    },
    "huge id": {"type": "track", "event": "E", "userId": 10**200},
    "birth 9990": {"type": "identify", "traits": {"birthday": "9990-01-01"}},
    "birth bad": {"type": "identify", "traits": {"birthday": "2020-02-30T00"}},
    "birth leap": {"type": "identify", "traits": {"birthday": "2004-02-29"}},
    "lang": {"type": "identify", "traits": {"language": "x" * 11}},
    "lang2": {"type": "identify", "traits": {"language": "语" * 10}},
    "long values": {"type": "identify", "traits": {"name": "n" * 30000}},
    "email long": {"type": "identify", "traits": {"email": "a@" + "b" * 300 + ".com"}},
    "email odd": {"type": "identify", "traits": {"email": "a@ex ample.com", "phone": "+1"}},
    "email dict": {
        "type": "identify",
        "traits": {
            "email": {"a": 1},
            "phone": [1],
            "name": {"b": {"c": [1]}},
            "address": {"city": 5, "x": None},
        },
    },
    "traits": {
        "type": "identify",
        "traits": {
            "k" * 100: 1,
            "a": 1e308,
            "b": 10**300,
            "c": "t" * 500,
            "d": True,
            "": "x",
            "weird key ☃": 2,
            "e": [1, 2],
        },
    },
    "trait inf": {"type": "identify", "traits": {"income": 10**400}},
    "consent": {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        "context": {
            "consent": {
                "categoryPreferences": {"marketing.email": "yes", "legal": True, "x": 1, "": False}
            }
        },
    },
    "consent2": {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        "context": {
            "consentManagement": {
                "allowedConsentIds": [{"a": 1}, None],
                "deniedConsentIds": ["recommend"],
            }
        },
    },
    "consent3": {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        "context": {"consent": 5},
    },
    "name": {"type": "track", "event": "E" * 200},
    "old": {"type": "track", "event": "E", "timestamp": "1901-01-01T00:00:00Z"},
    "flags": {
        "type": "track",
        "event": "E",
        "traits": {"email": "x", "phone": "y"},
        "context": {"traits": {"email": "x", "phone": "y"}},
        "userId": "u9",
        "anonymousId": "null",
        "timestamp": "9998-01-01",
        "sentAt": "2020-01-01",
    },
    "alias": {"type": "alias", "previousId": {"a": 1}, "userId": "u7"},
    "alias2": {"type": "alias", "previousId": 10**100, "userId": "u7"},
    "group": {"type": "group", "groupId": [1]},
    "props list": {"type": "track", "event": "E", "properties": [1, 2]},
    "float keys": {"type": "track", "event": "E", "properties": {"": {"": [{}]}, "a\nb": "\u2028"}},
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_call_never_stops_the_drain(door: Door, name: str) -> None:
    """Found once: an amount or a birth date beyond a type's range stopped everything behind it."""
    strange = {"userId": "mei-1", "messageId": "strange", **STRANGE[name]}

    answer = door.send("/v1/batch", {"batch": [strange, call("behind")]})

    assert answer.status_code == 200
    assert "behind" in door.stored()


def happened(door: Door, *, said: str, sent: str | None) -> tuple[datetime, list[str]]:
    """Return when a call that said so is taken to have happened, received at noon."""
    envelope = {"batch": [call(timestamp=said)], **({"sentAt": sent} if sent else {})}
    with clock.stopped(NOON):
        door.send("/v1/batch", envelope)
        door.drain()
    with database.as_role(Role.INGEST):
        at, flags = Event.objects.values_list("happened_at", "flags").get()
    return at, flags


@pytest.mark.parametrize(
    ("said", "sent", "at", "flags"),
    [
        ("2026-06-15T11:50:00Z", "2026-06-15T12:00:03Z", timedelta(minutes=-10), []),
        ("2026-06-15T12:50:00Z", "2026-06-15T13:00:00Z", timedelta(minutes=-10),
         ["clock_corrected"]),
        ("2026-06-15T10:50:00", "2026-06-15T11:00:00", timedelta(minutes=-10),
         ["clock_corrected"]),
        ("2026-06-15T19:50:00+08:00", None, timedelta(minutes=-10), []),
        ("2030-01-01T00:00:00Z", None, timedelta(0), ["clamped"]),
        ("0001-01-01T00:00:00Z", None, timedelta(0), []),
        ("1950-01-01T00:00:00Z", "9998-12-31T00:00:00Z", timedelta(0),
         ["clock_corrected", "clamped"]),
        ("yesterday", None, timedelta(0), []),
    ],
)  # fmt: skip
def test_a_wrong_clock_is_corrected(
    door: Door, said: str, sent: str | None, at: timedelta, flags: list[str]
) -> None:
    assert happened(door, said=said, sent=sent) == (NOON + at, flags)


def test_an_opt_out_signal_bounds_what_an_event_may_ever_be_used_for(door: Door) -> None:
    door.send("/v1/track", call("with"), headers={"Sec-GPC": "1"})
    door.send("/v1/track", call("without"))
    door.drain()

    sold = sum(spec.mask for spec in CATALOG if spec.gpc_scope)
    with database.as_role(Role.INGEST):
        ceilings = dict(Event.objects.values_list("key", "purpose_ceiling"))
    assert sold and ceilings["with"] & sold == 0
    assert ceilings["without"] & sold == sold
    assert ceilings["with"] | sold == ceilings["without"]


def test_a_refusal_in_a_batch_narrows_its_own_event(door: Door) -> None:
    refuses = {"consent": {"categoryPreferences": {"profiling.segmentation": False}}}
    door.send("/v1/batch", {"batch": [call("narrow", context=refuses), call("plain")]})
    door.drain()

    bit = next(spec.mask for spec in CATALOG if spec.key == "profiling.segmentation")
    with database.as_role(Role.INGEST):
        ceilings = dict(Event.objects.values_list("key", "purpose_ceiling"))
    assert not ceilings["narrow"] & bit
    assert ceilings["plain"] & bit


def test_the_write_key_in_a_body_is_not_kept(door: Door) -> None:
    door.send("/v1/track", {**call(), "writeKey": "wk_test"})

    assert "wk_test" not in str(door.stored())


def test_a_paused_source_asks_to_come_back(door: Door) -> None:
    with database.as_role(Role.WEB):
        Source.objects.filter(key="till").update(paused_at=clock.now())

    answer = door.send("/v1/track", call())

    assert (answer.status_code, json.loads(answer.content)["code"]) == (503, "source_paused")


def test_the_browser_library_gets_its_settings_without_reporting_to_its_maker(door: Door) -> None:
    found = door.request("GET", "/v1/projects/wk_test/settings", headers={})
    unknown = door.request("GET", "/v1/projects/wk_none/settings", headers={})

    settings = json.loads(found.content)
    assert settings["integrations"].keys() == {"Segment.io"}
    assert settings["integrations"]["Segment.io"]["apiKey"] == "wk_test"
    assert settings["metrics"] == {"sampleRate": 0}
    assert (unknown.status_code, unknown["Access-Control-Allow-Origin"]) == (404, "*")


def test_the_self_count_of_the_browser_library_is_not_kept(door: Door) -> None:
    assert door.send("/v1/m", {"series": [{}]}, key="").status_code == 200
    assert waiting() == 0


def test_basic_authentication_without_its_colon_is_understood(door: Door) -> None:
    bare = base64.b64encode(b"wk_test").decode()

    answer = door.send("/v1/track", call(), headers={"Authorization": f"Basic {bare}"})

    assert answer.status_code == 200
