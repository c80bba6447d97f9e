"""The window's own behavior: what it opens, when it closes, what it records."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from audit.inbox import record
from audit.models import Inbox
from cdp.kernel import clock, database, windows
from cdp.kernel.roles import Role
from cdp.kernel.windows import PurposeRequired
from consent import expire
from consent.models import DataUse, DataUseMember, SubjectFacts
from consent.window import ConsentStale, PurposeNested, purpose, subject_window
from profiles.models import Profile
from tests.people import EVERYTHING, Customer, Shop

ACTOR = "job:test/1"


def people() -> set[UUID]:
    return set(Profile.objects.values_list("subject_id", flat=True))


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))


def test_only_people_who_permit_the_purpose_are_read(mei: Customer, jonas: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        assert people() == {mei.subject}

    with pytest.raises(PurposeRequired):
        people()


def test_windows_do_not_nest(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        with pytest.raises(PurposeNested), purpose("service", actor=ACTOR):
            pytest.fail("a second window opened")
        with pytest.raises(PurposeNested), subject_window(mei.subject, actor=ACTOR):
            pytest.fail("a second window opened")

        assert people() == {mei.subject}


def test_a_lazy_query_set_asked_after_the_window_shows_nobody(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        inside, lazy = list(Profile.objects.all()), Profile.objects.all()

    assert [profile.subject_id for profile in inside] == [mei.subject]
    with pytest.raises(PurposeRequired):
        list(lazy)


def test_a_rolled_back_savepoint_keeps_the_window_open_and_its_purpose(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        with pytest.raises(DatabaseError), transaction.atomic(), database.cursor() as sql:
            sql.execute("SELECT nothing")

        assert people() == {mei.subject}


def people_behind_the_bell() -> set[UUID]:
    """Read as if a window were open, so that the database alone answers."""
    with windows.opened(windows.Window("purpose", "", ACTOR)):
        return people()


def test_the_database_shows_nobody_after_the_window_even_in_the_same_transaction(
    mei: Customer,
) -> None:
    with purpose("marketing.email", actor=ACTOR):
        assert people() == {mei.subject}

    assert people_behind_the_bell() == set()


def test_a_use_is_recorded_as_the_window_closes(mei: Customer, jonas: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR) as using:
        using.doing("count", people=1, ref="campaign:7")

    use = DataUse.objects.get(pk=using.id)
    assert (use.purpose_key, use.actor, use.act) == ("marketing.email", ACTOR, "count")
    assert (use.scope, use.people, use.outcome, use.ref) == ("open", 1, "done", "campaign:7")


def test_one_person_is_named_and_several_are_members(mei: Customer, jonas: Customer) -> None:
    with purpose("service", actor=ACTOR) as alone:
        alone.of([mei.subject])
    with purpose("service", actor=ACTOR) as several:
        several.of([mei.subject, jonas.subject])

    named, listed = DataUse.objects.get(pk=alone.id), DataUse.objects.get(pk=several.id)
    members = DataUseMember.objects.filter(use_id=several.id).values_list("subject_id", flat=True)
    assert (named.scope, named.subject_id, named.people) == ("subject", mei.subject, 1)
    assert (listed.scope, listed.subject_id, listed.people) == ("list", None, 2)
    assert set(members) == {mei.subject, jonas.subject}


def test_a_use_of_one_and_then_of_another_is_a_use_of_both(mei: Customer, jonas: Customer) -> None:
    with purpose("service", actor=ACTOR) as using:
        using.of([mei.subject])
        using.of([jonas.subject])

    use = DataUse.objects.get(pk=using.id)
    assert (use.scope, use.subject_id, use.people) == ("list", None, 2)


def test_a_person_sees_their_own_rows_whatever_they_permit_and_no_others(
    mei: Customer, jonas: Customer
) -> None:
    with (
        database.as_role(Role.PORTAL),
        subject_window(jonas.subject, actor=f"cust:{jonas.subject}") as using,
    ):
        assert people() == {jonas.subject}

    use = DataUse.objects.get(pk=using.id)
    assert (use.subject_id, use.act, use.purpose_key) == (jonas.subject, "read_own", "rights")


def test_while_an_expiry_waits_nothing_is_read_and_folding_it_reopens(
    mei: Customer, jonas: Customer
) -> None:
    with database.as_role(Role.INGEST):
        due = SubjectFacts.objects.get(pk=mei.subject).next_change_at
    assert due is not None
    late = due + timedelta(minutes=2)

    with clock.stopped(late):
        with pytest.raises(ConsentStale), purpose("service", actor=ACTOR):
            pytest.fail("a permission that ran out was in force")
        with database.as_role(Role.INGEST):
            assert [expire.fold_due(as_of=late) for _ in range(2)] == [1, 0]

        with purpose("marketing.email", actor=ACTOR):
            assert people() == set()
        with purpose("service", actor=ACTOR):
            assert people() == {mei.subject, jonas.subject}


def test_entries_written_in_a_window_carry_its_purpose_and_actor(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        record(ACTOR, "campaign.preview", subject=mei.subject)

    with database.as_role(Role.AUDIT):
        entry = Inbox.objects.get(act="campaign.preview")
    assert (entry.purpose, entry.actor) == ("marketing.email", ACTOR)
