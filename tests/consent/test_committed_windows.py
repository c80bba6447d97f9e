"""Windows over transactions that really commit and roll back, in a database of their own."""

import threading
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from django.db import connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from audit.inbox import EntryTooLong
from audit.models import Inbox
from cdp.kernel import database, windows
from cdp.kernel.roles import Role
from cdp.kernel.windows import Window
from consent import ledger
from consent.models import DataUse
from consent.window import ConsentStale, purpose
from profiles.models import Profile
from profiles.vault import open as vault
from tests.consent.committed import committed_shop
from tests.people import EVERYTHING, Customer, Shop
from tests.servers import Servers

DATABASE = "candor_windows"
ACTOR = "job:test/1"


@pytest.fixture(scope="module")
def committed(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Shop]:
    """Return a shop in a database where every transaction counts."""
    with committed_shop(servers, django_db_blocker, DATABASE) as shop:
        yield shop


@pytest.fixture
def mei(committed: Shop) -> Customer:
    return committed.welcome("mei", says=EVERYTHING)


def people() -> set[UUID]:
    return set(Profile.objects.values_list("subject_id", flat=True))


def test_a_window_in_an_outer_transaction_is_refused(mei: Customer) -> None:
    with (
        transaction.atomic(),
        pytest.raises(RuntimeError, match="durable"),
        purpose("service", actor=ACTOR),
    ):
        pytest.fail("the window opened")


def test_the_database_shows_nobody_after_a_window_that_failed(mei: Customer) -> None:
    with pytest.raises(ZeroDivisionError), purpose("marketing.email", actor=ACTOR):
        assert mei.subject in people()
        _ = 1 / 0

    with windows.opened(Window("purpose", "", ACTOR)):  # so that the database alone answers
        assert people() == set()


def test_another_thread_does_not_look_through_this_threads_window(mei: Customer) -> None:
    seen: list[object] = []

    def look() -> None:
        try:
            with database.as_role(Role.WORKER):
                seen.append(people())
        except Exception as refusal:
            seen.append(type(refusal).__name__)
        finally:
            connections["default"].close()

    with purpose("service", actor=ACTOR):
        assert mei.subject in people()
        other = threading.Thread(target=look)
        other.start()
        other.join()

    assert seen == ["PurposeRequired"]


def test_what_was_read_in_a_window_that_rolled_back_is_on_record_all_the_same(
    mei: Customer,
) -> None:
    with pytest.raises(ZeroDivisionError), purpose("marketing.email", actor=ACTOR) as using:
        using.of([mei.subject])
        assert vault.open([mei.subject], ["email"], actor=ACTOR)[mei.subject]["email"] == mei.email
        _ = 1 / 0

    use = DataUse.objects.get(pk=using.id)
    with database.as_role(Role.AUDIT):
        reading = Inbox.objects.get(act="vault.open", subject=mei.subject)
    assert (use.outcome, use.subject_id, use.purpose_key) == (
        "rolled_back", mei.subject, "marketing.email",
    )  # fmt: skip
    assert (reading.obj, reading.actor, reading.purpose) == (
        "fields:email", ACTOR, "marketing.email",
    )  # fmt: skip
    assert '"outcome":"rolled_back"' in reading.detail


def test_what_did_not_open_in_a_window_that_rolled_back_is_on_record_all_the_same(
    mei: Customer,
) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "UPDATE profiles_vaultvalue SET sealed = '' WHERE subject_id = %s AND field = 'email'",
            [mei.subject],
        )

    with pytest.raises(ZeroDivisionError), purpose("marketing.email", actor=ACTOR):
        assert vault.open([mei.subject], ["email"], actor=ACTOR) == {}
        _ = 1 / 0

    with database.as_role(Role.AUDIT):
        found = Inbox.objects.get(act="vault.unreadable", subject=mei.subject)
    assert (found.actor, found.purpose) == (ACTOR, "marketing.email")
    assert found.detail == '{"field":"email","outcome":"rolled_back"}'


def test_a_window_that_never_opened_leaves_no_use_on_the_record(mei: Customer) -> None:
    before = DataUse.objects.count()
    overdue = "UPDATE consent_subject SET next_change_at = {} WHERE subject_id = %s"
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(overdue.format("now() - interval '1 hour'"), [mei.subject])

    with pytest.raises(ConsentStale), purpose("service", actor=ACTOR):
        pytest.fail("the window opened")

    assert DataUse.objects.count() == before
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(overdue.format("NULL"), [mei.subject])


def test_a_reading_that_cannot_be_recorded_is_no_reading(mei: Customer) -> None:
    unrecordable = "x" * 9000
    with purpose("marketing.email", actor=ACTOR), pytest.raises(EntryTooLong):
        vault.open([mei.subject], ["email"], actor=unrecordable)


def test_an_insert_waits_for_a_withdrawal_under_way_and_is_stamped_with_it(
    servers: Servers, committed: Shop, mei: Customer
) -> None:
    stamped: list[int] = []
    statement = """INSERT INTO profiles_identifier
        (id, subject_id, workspace_id, kind, blind, source_id, first_seen_at, last_seen_at)
        VALUES (gen_random_uuid(), %s, %s, 'email', '\\x00', gen_random_uuid(), now(), now())
        RETURNING purpose_bits"""

    def insert() -> None:
        with psycopg.connect(servers.dsn(Role.INGEST, DATABASE)) as intake:
            row = intake.execute(statement, [mei.subject, committed.workspace.pk]).fetchone()
            assert row is not None
            stamped.append(row[0])

    with database.as_role(Role.INGEST), transaction.atomic():
        ledger.withdraw(
            mei.subject, purpose="marketing.email", actor=ACTOR, method="portal", origin="portal"
        )
        late = threading.Thread(target=insert)
        late.start()
        late.join(timeout=0.3)
        is_waiting = late.is_alive()
    late.join()

    assert is_waiting
    assert stamped[0] & 1 << 5 == 0
    assert stamped[0] & 1 << 1  # the contract's bit: it was stamped, not left at zero
