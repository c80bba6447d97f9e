"""The pipeline: a batch is wholly there or not at all, once, and nothing personal is readable."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError
from psycopg import sql as query
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from audit.models import Inbox
from cdp.kernel import clock, crypto, database, keyring
from cdp.kernel.identifiers import uuid7
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import KeyMissing, Use
from cdp.kernel.roles import Role
from cdp.runtime import bootstrap
from consent.catalog import BY_KEY
from consent.window import purpose
from profiles import pipeline
from profiles.events import intake
from profiles.events.models import JournalEntry, Quarantined
from profiles.events.passive import PASSIVE_EVENTS
from profiles.models import Event, Profile
from profiles.pipeline import Drained
from profiles.sources import find
from profiles.sources.find import SourceFacts
from tests.consent.committed import committed_shop
from tests.people import EVERYTHING, Shop
from tests.servers import Servers

ADDRESS = "ann.canary.7f3a@example.com"
Call = dict[str, Any]


def poured(key: str = "m1", **more: Any) -> Call:
    return {"type": "track", "event": "Tea Poured", "userId": "u1", "messageId": key, **more}


def accept(shop: Shop, *calls: Mapping[str, Any], through: SourceFacts | None = None) -> None:
    with database.as_role(Role.INGEST):
        intake.accept_calls(through or shop.till, calls)


def drain(shop: Shop) -> Drained | None:
    with database.as_role(Role.INGEST):
        return pipeline.drain_once(shop.workspace.pk)


def kept() -> list[str]:
    """Return the keys of the events in the log, sorted."""
    with database.as_role(Role.INGEST):
        return sorted(Event.objects.values_list("key", flat=True))


def waiting() -> int:
    with database.as_role(Role.INGEST):
        return JournalEntry.objects.count()


def counts() -> dict[str, int]:
    """Count what a batch can leave behind, as the roles that may see all of it."""
    found = {}
    for role, tables in {
        Role.INGEST: "kernel_subjectkey consent_subject consent_record profiles_quarantine "
        "profiles_eventkey kernel_origin profiles_profile profiles_identifier profiles_vaultvalue "
        "profiles_event profiles_purchase profiles_declaredtrait",
        Role.AUDIT: "audit_inbox",
    }.items():
        with database.as_role(role), database.cursor() as sql:
            for table in tables.split():
                sql.execute(f"SELECT count(*) FROM {table}")
                row = sql.fetchone()
                found[table] = int(row[0]) if row else -1
    return found


def test_what_was_accepted_becomes_events_and_leaves_the_journal(shop: Shop) -> None:
    accept(shop, poured("m1"), poured("m2"))
    assert (kept(), waiting()) == ([], 1)

    drained = drain(shop)

    assert drained is not None
    assert (drained.requests, drained.events, drained.refused, drained.born) == (1, 2, 0, 1)
    assert (kept(), waiting()) == (["m1", "m2"], 0)
    assert drain(shop) is None


def test_a_batch_whose_last_stage_fails_leaves_the_journal_and_nothing_else(shop: Shop) -> None:
    order = {"order_id": "o1", "total": 3, "products": [{"product_id": "p", "total": 3}]}
    accept(
        shop, poured("m1"), poured("m2", event="Order Completed", properties=order), {"bad": 1},
        {"type": "identify", "userId": "u1", "traits": {"email": ADDRESS, "household_size": "2"}},
    )  # fmt: skip
    before = counts()
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("REVOKE SELECT, INSERT ON profiles_quarantine FROM cdp_ingest")

    with pytest.raises(DatabaseError, match="profiles_quarantine"):
        drain(shop)

    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("GRANT SELECT, INSERT ON profiles_quarantine TO cdp_ingest")
    assert (counts(), waiting()) == (before, 1)

    drain(shop)

    assert waiting() == 0
    assert all(
        many > before[table] for table, many in counts().items() if table != "consent_record"
    )


def test_an_event_that_comes_again_changes_nothing(shop: Shop) -> None:
    accept(shop, poured("m1"), poured("m1", event="Tea Spilled"))
    accept(shop, poured("m2"))
    drain(shop)
    before = counts()

    accept(shop, poured("m2"), poured("m1"))
    drain(shop)

    assert kept() == ["m1", "m2"]
    assert counts() == before


def test_the_same_key_from_another_source_is_another_event(shop: Shop) -> None:
    accept(shop, poured("m1"))
    accept(shop, poured("m1"), through=shop.preferences)

    drain(shop)

    assert kept() == ["m1", "m1"]


def test_a_call_that_cannot_be_an_event_waits_sealed_with_its_reason(shop: Shop) -> None:
    accept(shop, poured("m1"), {"type": "drink", "userId": ADDRESS}, poured("m2"))

    drain(shop)

    assert kept() == ["m1", "m2"]
    with database.as_role(Role.INGEST):
        refused = Quarantined.objects.get()
    key = keyring.current().get(Use.INTAKE, refused.intake_key_id)
    sealed = bytes(refused.sealed)
    assert (refused.reason, refused.source_id) == ("unknown_type", shop.till.id)
    assert b"canary" not in sealed
    assert b"drink" in crypto.unseal(
        key.material, sealed, intake.journal_aad(shop.till.id, refused.intake_key_id)
    )


def test_the_platforms_word_about_somebody_who_is_gone_makes_nobody(shop: Shop) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT id FROM profiles_source WHERE key = 'candor'")
        row = sql.fetchone()
    assert row is not None
    platform = SourceFacts(row[0], shop.workspace.pk, "candor", False, False, False)

    accept(
        shop, {"type": "track", "event": "Email Opened", "subjectId": str(uuid7())},
        through=platform,
    )  # fmt: skip
    drained = drain(shop)

    assert drained is not None
    assert (drained.events, drained.refused, drained.born) == (0, 1, 0)
    with database.as_role(Role.INGEST):
        assert Quarantined.objects.get().reason == "unknown_subject"


@pytest.mark.parametrize(
    "at", ["2019-03-01T05:00:00+10:00", "1950-01-01T00:00:00Z", "2016-01-01T01:00:00+02:00"]
)
def test_an_event_of_any_time_finds_its_partition(at: str, shop: Shop) -> None:
    shop.send(poured("m1", timestamp=at))

    assert kept() == ["m1"]


def test_an_events_own_no_holds_for_that_event_whatever_its_person_permits(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    refusal = {"consent": {"categoryPreferences": {"profiling.scoring": False}}}
    shop.send(
        poured("free", userId=mei.user_id), poured("bound", userId=mei.user_id, context=refusal)
    )
    shop.hear(mei, {"profiling.scoring": True})

    with database.as_role(Role.INGEST):
        bits = dict(Event.objects.values_list("key", "purpose_bits"))

    scoring, segmentation = (
        BY_KEY[k].mask for k in ("profiling.scoring", "profiling.segmentation")
    )
    assert bits["free"] & scoring and not bits["bound"] & scoring
    assert bits["bound"] & segmentation


def test_a_source_that_is_no_consent_authority_may_narrow_and_not_widen(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    noor = shop.welcome("noor")
    for who, word in ((mei, False), (noor, True)):
        shop.send({
            "type": "track", "event": "Segment Consent Preference Updated", "userId": who.user_id,
            "context": {"consent": {"categoryPreferences": {"marketing.email": word}}},
        })  # fmt: skip

    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT purpose_bits FROM profiles_profile")
        bits = [row[0] for row in sql.fetchall()]

    assert len(bits) == 2
    assert not any(each & BY_KEY["marketing.email"].mask for each in bits)


def test_a_batch_is_on_record_once_a_source_with_a_digest_of_its_keys(shop: Shop) -> None:
    accept(shop, poured("m2"), poured("m1"))
    drain(shop)

    with database.as_role(Role.AUDIT):
        entry = Inbox.objects.get(act="events.append")
    digest = hashlib.sha256(b"m1\nm2").hexdigest()
    assert entry.obj == "source:till"
    assert entry.detail == f'{{"count":2,"keys_sha256":"{digest}"}}'


def test_an_order_becomes_lines_in_minor_units(shop: Shop) -> None:
    mei = shop.welcome("mei")
    shop.sell(mei, 30, lines=3)

    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT amount_minor, currency, department FROM profiles_purchase")
        assert sql.fetchall() == [(1000, "USD", "GROCERY")] * 3


HIDING_PLACES: list[Call] = [
    {"type": "identify", "userId": ADDRESS, "traits": {
        "email": ADDRESS, "name": "Ann Canary7f3a", "phone": "+4915112345678", "note": ADDRESS,
        "address": {"street": "Canary7f3a Street 1"}, "birthday": "canary7f3a", "canary7f3a": 1}},
    {"type": "track", "event": ADDRESS, "userId": ADDRESS, "messageId": ADDRESS},
    {"type": "page", "name": ADDRESS, "anonymousId": "canary7f3a-cookie", "properties": {
        "url": f"https://shop.example/?mail={ADDRESS}", "title": "Tea", ADDRESS: 1,
        "deep": [{"er": [ADDRESS, {"First Name": "Canary7f3a"}]}]},
     "context": {"ip": "192.0.2.1", "userAgent": "canary7f3a", "traits": {"email": ADDRESS}}},
    {"type": "track", "event": "Order Completed", "userId": ADDRESS, "properties": {
        "order_id": ADDRESS, "total": 3, "products": [{"product_id": ADDRESS, "brand": ADDRESS}]}},
    {"type": "drink", "userId": ADDRESS, "canary7f3a": 1},
    {"type": "track", "event": "x" * 300, "userId": ADDRESS},
    {"type": "group", "groupId": ADDRESS, "userId": ADDRESS, "traits": {"name": "Canary7f3a Ltd"}},
]  # fmt: skip


def test_wherever_a_call_hides_a_personal_value_no_table_shows_it(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    name = "candor_canary"
    with committed_shop(servers, django_db_blocker, name) as shop:
        accept(shop, *HIDING_PLACES)
        journaled = _readable(servers, name)
        assert drain(shop) is not None
        shop.hear(shop.welcome("mei", says=EVERYTHING), {"recommend": False})
        shown = _readable(servers, name)

    events = [row for table in shown if table.startswith("profiles_event_") for row in shown[table]]
    assert any("Tea" in row for row in events), "the scan reads what is stored"
    for tables in (journaled, shown):
        for table, rows in tables.items():
            assert not [row for row in rows if "canary" in row.lower()], table
            assert not [row for row in rows if "15112345678" in row], table


def _readable(servers: Servers, name: str) -> dict[str, list[str]]:
    """Return every row of every table as text, with binary columns also read as text."""
    address = bootstrap.with_database(servers.administrator, name)
    with psycopg.connect(address) as server:
        tables = [
            row[0]
            for row in server.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind = 'r'"
            )
        ]
        found = {}
        for table in tables:
            rows = server.execute(query.SQL("SELECT * FROM {}").format(query.Identifier(table)))
            found[table] = [
                " ".join(
                    value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                for row in rows
            ]
    return found


def test_drains_by_the_clock_of_the_house(shop: Shop) -> None:
    with clock.stopped(clock.now()):
        accept(shop, poured("m1"))
        drain(shop)

        with database.as_role(Role.INGEST):
            assert Event.objects.get().happened_at == clock.now()


def test_a_request_that_cannot_be_opened_is_set_aside_and_stops_nothing_behind_it(
    shop: Shop,
) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_journal (workspace_id, source_id, received_at, intake_key_id,
                                             sealed, events, gpc, tries)
               VALUES (%s, %s, now(), 1, %s, 4, false, 0)""",
            [shop.workspace.pk, shop.till.id, b"\x01" + bytes(60)],
        )
        intake.accept_calls(shop.till, [{"type": "track", "event": "Seen", "userId": "behind"}])

        rounds = 0
        while pipeline.drain(shop.workspace.pk):
            rounds += 1

        sql.execute("SELECT reason, detail FROM profiles_quarantine")
        assert sql.fetchall() == [("drain_failed", "4 events")]
    assert rounds == pipeline.PATIENCE + 1
    assert shop.subject_of("user_id", "behind")


@pytest.mark.parametrize("name", PASSIVE_EVENTS)
def test_what_happens_to_a_person_is_no_sign_of_life(
    shop: Shop, at_noon: datetime, name: str
) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    platform = next(each for each in _sources(shop) if each.is_platform)

    with clock.stopped(at_noon + timedelta(days=3)):
        call = {"type": "track", "event": name, "subjectId": str(mei.subject)}
        shop.send({**call, "messageId": "sent-1"}, through=platform)

    with purpose("service", actor="job:test/1"):
        assert Profile.objects.get(pk=mei.subject).last_seen_at == at_noon
        kept = Event.objects.filter(name=name, subject_id=mei.subject, happened_at__gt=at_noon)
        assert kept.count() == 1


def _sources(shop: Shop) -> list[SourceFacts]:
    with database.as_role(Role.INGEST):
        return list(find.by_id().values())


def test_no_trait_and_no_language_may_carry_an_address_in_clear_text(shop: Shop) -> None:
    smuggled = {"income_band": "x.canary@example.com", "language": "a@b.example"}

    mei = shop.welcome("mei", says=EVERYTHING, kids_count="2", **smuggled)

    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT key, text FROM profiles_declaredtrait")
        assert sql.fetchall() == [("kids_count", "2")]
        sql.execute("SELECT language FROM profiles_profile WHERE subject_id = %s", [mei.subject])
        assert sql.fetchall() == [("",)]


def test_a_key_that_is_away_stops_the_drain_and_is_no_requests_fault(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    shop.welcome("mei")
    whole = keyring.current()
    settings.KEYRING = tmp_path / "keyring.json"
    keyring.create(FileProvider(settings.KEYRING), whole.without(Use.KEK, 1))
    with database.as_role(Role.INGEST):
        intake.accept_calls(shop.till, [{"type": "page", "userId": "mei-1"}])

        for _ in range(pipeline.PATIENCE + 1):
            with pytest.raises(KeyMissing):
                pipeline.drain(shop.workspace.pk)

        assert JournalEntry.objects.get().tries == 0
        keyring.change(lambda ring: whole)
        assert pipeline.drain(shop.workspace.pk)


def test_a_request_whose_own_key_is_gone_is_set_aside_still_sealed(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    whole = keyring.current()
    settings.KEYRING = tmp_path / "keyring.json"
    keyring.create(FileProvider(settings.KEYRING), whole)
    with database.as_role(Role.INGEST):
        intake.accept_calls(shop.till, [{"type": "page", "userId": "mei-1"}])
        keyring.change(
            lambda ring: ring.with_new(Use.INTAKE, at=clock.now()).without(Use.INTAKE, 1)
        )

        while pipeline.drain(shop.workspace.pk):
            pass

        assert [row.reason for row in Quarantined.objects.all()] == ["drain_failed"]
