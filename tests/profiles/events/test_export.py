"""Exporting: every accepted event as it was sent, window by window, on the record."""

import io
import json
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.actors import Actor
from cdp.kernel import clock, crypto, database, windows
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from cdp.kernel.windows import PurposeRequired, Window
from consent import folding
from consent.models import DataUse, SubjectFacts
from profiles.events import intake
from profiles.events.export import Wanted, export
from profiles.events.open import EventTampered, Sealed, open_private
from profiles.models import Event
from tests.people import Customer, Shop

pytestmark = pytest.mark.django_db
TEST = Actor.system("test")


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei")


def exported(**wanted: Any) -> list[dict[str, Any]]:
    return list(export(Wanted(**wanted), actor=TEST))


def entries(act: str) -> list[tuple[UUID, str, str]]:
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute(
            "SELECT subject, purpose, obj FROM audit_inbox WHERE act = %s ORDER BY subject", [act]
        )
        return list(sql.fetchall())


def test_an_event_comes_back_with_what_was_sealed(shop: Shop, mei: Customer) -> None:
    [identify] = exported()

    assert identify["type"] == "identify"
    assert identify["userId"] == mei.user_id
    assert identify["traits"]["email"] == mei.email
    assert identify["event"] is None


def test_small_windows_give_the_same_events_in_order(shop: Shop, mei: Customer) -> None:
    for number in range(5):
        shop.sell(mei, 10 + number, days_ago=5 - number)
    whole = exported()

    parts = list(export(Wanted(), actor=TEST, window=2))

    assert parts == whole
    assert [e["properties"].get("total") for e in whole] == [None, 10, 11, 12, 13, 14]


def test_each_person_is_on_the_record_once_an_export(shop: Shop, mei: Customer) -> None:
    jonas = shop.welcome("jonas")
    for customer in (mei, jonas, mei):
        shop.sell(customer, 5)

    list(export(Wanted(), actor=TEST, window=2))

    run = JobRun.objects.get()
    assert entries("event.open") == [
        (subject, "operations", f"export:{run.pk}")
        for subject in sorted((mei.subject, jonas.subject))
    ]
    assert (run.state, run.result) == ("succeeded", {"events": 5, "people": 2})
    uses = DataUse.objects.filter(act="export_events")
    assert {(use.purpose_key, use.job_id) for use in uses} == {("operations", run.pk)}


def test_only_what_is_wanted_is_exported_and_opened(shop: Shop, mei: Customer) -> None:
    with clock.stopped(clock.now() + timedelta(days=1)):
        jonas = shop.welcome("jonas")
        since = clock.now() - timedelta(hours=1)
    shop.hear(mei, {"recommend": True})

    assert [e["userId"] for e in exported(since=since)] == [jonas.user_id]
    assert {subject for subject, _, _ in entries("event.open")} == {jonas.subject}
    assert [e["userId"] for e in exported(source=shop.preferences.id)] == [mei.user_id]


def test_whose_data_is_restricted_is_not_exported(shop: Shop, mei: Customer) -> None:
    jonas = shop.welcome("jonas")
    before = {event["userId"] for event in exported()}
    with database.as_role(Role.INGEST), windows.opened(Window("intake", "service", "test")):
        SubjectFacts.objects.filter(pk=jonas.subject).update(restricted_at=clock.now())
        folding.fold([jonas.subject], as_of=clock.now())

    assert before == {mei.user_id, jonas.user_id}
    assert {event["userId"] for event in exported()} == {mei.user_id}


def test_a_reader_who_stops_listening_ends_the_run(shop: Shop, mei: Customer) -> None:
    shop.sell(mei, 5)
    reading = export(Wanted(), actor=TEST, window=1)

    assert len(list(islice(reading, 1))) == 1
    reading.close()  # type: ignore[attr-defined]

    assert JobRun.objects.get().state == "canceled"


def test_a_sealed_part_moved_to_somebody_else_does_not_open(shop: Shop, mei: Customer) -> None:
    jonas = shop.welcome("jonas")
    with database.as_role(Role.INGEST):
        sealed = bytes(Event.objects.get(subject_id=mei.subject).sealed)
    moved = Sealed(event=UUID(int=1), subject=jonas.subject, sealed=sealed)
    opened: set[UUID] = set()

    with windows.opened(Window("purpose", "operations", "test")), pytest.raises(EventTampered):
        open_private([moved], actor=TEST, obj="test", on_record=opened)
    with pytest.raises(PurposeRequired):
        open_private([moved], actor=TEST, obj="test", on_record=opened)


def test_a_destroyed_key_leaves_its_events_out(shop: Shop, mei: Customer) -> None:
    gone = Sealed(event=UUID(int=1), subject=UUID(int=2), sealed=crypto.new_key())

    with windows.opened(Window("purpose", "operations", "test")):
        assert open_private([gone], actor=TEST, obj="test", on_record=set()) == {}


def command(*arguments: str) -> tuple[list[dict[str, Any]], str]:
    """Run the command in this test's transaction and return its lines and what it complained."""
    out, complaints = io.StringIO(), io.StringIO()
    call_command("events", "export", *arguments, stdout=out, stderr=complaints)
    return [json.loads(line) for line in out.getvalue().splitlines()], complaints.getvalue()


def test_the_command_prints_an_object_a_line(shop: Shop, mei: Customer) -> None:
    shop.happens(mei, "看过", text="中文\n🎉", number=0.0)

    lines, complaints = command("--format", "jsonl", "--source", "till")

    assert [line["type"] for line in lines] == ["identify", "track"]
    assert {"messageId", "type", "event", "userId", "anonymousId", "timestamp", "properties",
            "traits"} <= lines[1].keys()  # fmt: skip
    assert lines[1]["event"] == "看过"
    assert lines[1]["properties"] == {"text": "中文\n🎉", "number": 0.0}
    assert complaints == ""


@pytest.mark.parametrize("arguments", [("--source", "no-such"), ("--since", "yesterday")])
def test_the_command_says_what_it_does_not_understand(
    shop: Shop, mei: Customer, arguments: tuple[str, str]
) -> None:
    with pytest.raises(CommandError):
        command(*arguments)


def test_the_command_says_that_requests_still_wait(shop: Shop, mei: Customer) -> None:
    with database.as_role(Role.INGEST):
        intake.accept_calls(shop.till, [{"type": "page", "userId": mei.user_id}])

    lines, complaints = command("--wait", "0")

    assert len(lines) == 1
    assert "1 accepted requests are not in the log yet" in complaints
