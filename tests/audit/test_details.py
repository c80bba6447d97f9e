"""Sealed details: opened on the record, for whoever still exists."""

from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from audit import details, pseudonym
from audit.details import Detail
from audit.inbox import record
from audit.sequencer import sequence
from cdp.kernel import database, keyring
from cdp.kernel.identifiers import uuid7
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.logs import add_workspace, execute, inbox, tamper

pytestmark = pytest.mark.django_db


@pytest.fixture
def readings(people: dict[UUID, bytes]) -> None:
    """Put two readings with a reason and an act about nobody on the record."""
    for person, reason in ((MEI, "order 8812"), (JONAS, "order 9000")):
        record(ALICE, "vault.open", subject=person, detail={"reason": reason, "fields": "email"})
    record(ALICE, "audit.read", detail={"entries": 2})
    run()


def run() -> None:
    with database.as_role(Role.AUDIT):
        sequence()


def test_a_sealed_detail_says_why(readings: None) -> None:
    opened = details.open_details([0, 1, 2], actor=ALICE)

    assert {index: detail.reason for index, detail in opened.items()} == {
        0: "order 8812", 1: "order 9000",
    }  # fmt: skip
    assert opened[0].subject == MEI


def test_opening_is_an_entry_about_each_person(readings: None) -> None:
    details.open_details([0, 1, 2], actor=ALICE)

    assert sorted(inbox("act, actor, subject, obj")) == [
        ("audit.open", str(ALICE), MEI, "entries:0-1"),
        ("audit.open", str(ALICE), JONAS, "entries:0-1"),
    ]


def test_one_detail_is_opened_as_itself_and_about_nobody_else(readings: None) -> None:
    details.open_details([1], actor=ALICE)

    assert inbox("subject, obj") == [(JONAS, "entry:1")]


def test_nothing_sealed_leaves_no_entry(readings: None) -> None:
    assert details.open_details([2], actor=ALICE) == {}
    assert inbox("act") == []


def test_after_a_shred_the_detail_stays_closed_and_the_other_opens(readings: None) -> None:
    with database.as_role(Role.OWNER):
        execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        execute("DELETE FROM kernel_subjectkey WHERE subject_id = %s", MEI)
        execute("ALTER TABLE kernel_subjectkey FORCE ROW LEVEL SECURITY")

    opened = details.open_details([0, 1], actor=ALICE)

    assert (opened[0].subject, opened[0].told) == (None, None)
    assert opened[1].reason == "order 9000"


def test_a_data_key_that_is_damaged_closes_its_own_detail_and_is_not_called_destroyed(
    readings: None,
) -> None:
    with database.as_role(Role.OWNER):
        execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        execute("UPDATE kernel_subjectkey SET wrapped = %s WHERE subject_id = %s", bytes(61), MEI)
        execute("ALTER TABLE kernel_subjectkey FORCE ROW LEVEL SECURITY")

    opened = details.open_details([0, 1], actor=ALICE)

    assert (opened[0].subject, opened[0].told) == (MEI, None)
    assert opened[1].reason == "order 9000"


def test_a_key_that_is_away_closes_details_until_it_is_back(
    readings: None, settings: Settings, tmp_path: Path
) -> None:
    whole = keyring.current()
    settings.KEYRING = tmp_path / "keyring.json"
    keyring.create(FileProvider(settings.KEYRING), whole.without(Use.KEK, 1))

    assert details.open_details([0], actor=ALICE)[0] == Detail(MEI, None)

    keyring.change(lambda ring: whole)
    assert details.open_details([0], actor=ALICE)[0].reason == "order 8812"


def test_a_detail_moved_to_another_persons_entry_does_not_open(readings: None) -> None:
    moved = """UPDATE audit_leaf SET leaf = convert_to(regexp_replace(
                   convert_from(leaf, 'UTF8'), '"sealed":"[^"]*"',
                   (SELECT substring(convert_from(leaf, 'UTF8') FROM '"sealed":"[^"]*"')
                      FROM audit_leaf WHERE idx = 1)), 'UTF8')
               WHERE idx = 0"""
    tamper("audit_leaf", moved)

    assert details.open_details([0], actor=ALICE)[0].told is None


def test_another_workspace_opens_nothing(readings: None) -> None:
    outlet = add_workspace(uuid7(), key="bobs-outlet")

    with database.in_workspace(outlet):
        assert details.open_details([0, 1], actor=ALICE) == {}
        assert details.people_of([pseudonym.of(MEI, workspace_key="audit-shop").hex()]) == {}


def test_people_are_found_across_pages(people: dict[UUID, bytes]) -> None:
    refs = {pseudonym.of(person).hex(): person for person in (MEI, JONAS)}

    assert details.people_of(refs, chunk=1) == refs
