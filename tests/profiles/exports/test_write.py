"""The file: who permits it, what was chosen, never in the clear, and each person on the record."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest

from audit.actors import Actor
from cdp.kernel import clock, database, jobs, keyring
from cdp.kernel.jobs import JobCanceled
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from consent.models import DataUse, DataUseMember
from consent.window import subject_window
from profiles.exports import drop, fetch, sealed, tasks, write
from profiles.exports.fetch import ExportGone
from profiles.exports.models import Export, ExportChunk
from profiles.exports.start import NotYourExport
from profiles.exports.write import ExportGrew
from tests.people import EVERYTHING, Customer, Shop
from tests.profiles.exports.conftest import PERSONAL, Desk, entries


def rows(text: str) -> dict[UUID, dict[str, str]]:
    found = list(csv.DictReader(io.StringIO(text)))
    return {UUID(row.pop("profile")): row for row in found}


def test_the_file_holds_what_was_chosen_of_those_who_permit_it(
    desk: Desk, mei: Customer, sofia: Customer
) -> None:
    export = desk.written()

    text = desk.fetches(export)

    assert rows(text) == {
        mei.subject: {"contact.email": mei.email, "contact.first_name": "Mei", "trait.orders": ""},
        sofia.subject: {
            "contact.email": sofia.email, "contact.first_name": "Sofia", "trait.orders": "",
        },
    }  # fmt: skip
    assert (export.state, export.people, export.size_bytes) == ("fetched", 2, len(text.encode()))


def test_each_person_has_an_entry_and_is_a_member_of_the_use(
    desk: Desk, mei: Customer, sofia: Customer
) -> None:
    """Case 22: an export reads on the record, under its purpose."""
    export = desk.written()

    exported = sorted([mei.subject, sofia.subject])
    assert sorted(who for who, _obj in entries("profile.export") if who) == exported
    assert sorted(who for who, _obj in entries("vault.open") if who) == exported
    with subject_window(mei.subject, actor="cust:1"):
        used = DataUse.objects.get(act="export", ref=f"export:{export.pk}")
        assert (used.purpose_key, used.people) == (PERSONAL, 2)
        assert DataUseMember.objects.filter(use_id=used.pk, subject_id=mei.subject).exists()


def test_who_withdraws_between_count_and_file_is_not_in_it(
    desk: Desk, shop: Shop, mei: Customer, sofia: Customer
) -> None:
    """Case 42: for a file as for a message."""
    export = desk.counted()
    desk.approved(export)
    shop.hear(sofia, {"marketing.email": False})
    desk.starts(export)

    desk.works(export)

    assert rows(desk.fetches(export)).keys() == {mei.subject}


def test_nothing_of_the_file_lies_in_the_clear_and_its_key_is_wrapped(
    desk: Desk, mei: Customer
) -> None:
    """Case 13, before the erasure: the row and its parts are ciphertext."""
    export = desk.written()

    with database.cursor() as sql:
        sql.execute(
            """SELECT e::text, c::text, c.sealed FROM profiles_export e
               JOIN profiles_exportchunk c ON c.export_id = e.id"""
        )
        stored = sql.fetchall()
    everything = " ".join(str(part) for row in stored for part in row).lower()
    plain = (mei.email, mei.email.encode().hex(), "canary")

    assert stored
    assert [text for text in plain if text in everything] == []
    wrapped = bytes(export.sealed_key or b"")
    key = sealed.open_key(export.pk, kek_id=export.kek_id or 0, wrapped=wrapped)
    assert key.hex() not in everything


def test_a_file_is_handed_out_once_to_who_planned_it(desk: Desk) -> None:
    export = desk.written()
    with database.as_role(Role.WEB), pytest.raises(NotYourExport):
        fetch.fetch(export.pk, actor=desk.li)

    desk.fetches(export)

    with database.as_role(Role.WEB), pytest.raises(ExportGone):
        fetch.fetch(export.pk, actor=desk.alice)
    assert (export.sealed_key, export.kek_id) == (None, None)
    assert ExportChunk.objects.count() == 0
    assert entries("export.fetch") == [(None, f"export:{export.pk}")]


def test_a_file_that_nobody_fetched_is_gone_after_a_day(desk: Desk) -> None:
    export = desk.written()
    assert export.kept_until is not None
    late = export.kept_until

    with clock.stopped(late), database.as_role(Role.WEB), pytest.raises(ExportGone):
        fetch.fetch(export.pk, actor=desk.alice)
    kept = drop.expire(as_of=late - timedelta(seconds=1))
    ended = drop.expire(as_of=late)

    export.refresh_from_db()
    assert (kept, ended) == (0, 1)
    assert (export.state, export.sealed_key) == ("expired", None)
    assert ExportChunk.objects.count() == 0


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_file_of_several_parts_is_the_same_file(
    desk: Desk, mei: Customer, sofia: Customer, window: int
) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)

    desk.works(export, window=window)

    assert rows(desk.fetches(export)).keys() == {mei.subject, sofia.subject}


def test_parts_that_were_swapped_cut_off_or_altered_are_not_handed_out(desk: Desk) -> None:
    """Cases 1 to 4, for a file."""
    key = b"k" * 32
    export = desk.counted("trait.orders").pk
    parts = [sealed.seal_part(key, text, export=export, number=n) for n, text in enumerate("abc")]
    altered = parts[0][:-1] + bytes([parts[0][-1] ^ 1])

    assert b"".join(sealed.open_parts(key, parts, export=export)) == b"abc"
    for wrong in ([parts[1], parts[0]], [altered], [b""], [parts[0][:20]]):
        with pytest.raises(sealed.ExportTampered):
            list(sealed.open_parts(key, wrong, export=export))
    with pytest.raises(sealed.ExportTampered):
        list(sealed.open_parts(key, parts, export=desk.segment.pk))


def test_a_file_that_lost_a_part_is_not_handed_out_and_stays(desk: Desk) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)
    desk.works(export, window=1)
    ExportChunk.objects.filter(export_id=export.pk, number=1).delete()

    with pytest.raises(sealed.ExportTampered):
        desk.fetches(export)
    export.refresh_from_db()
    assert (export.state, ExportChunk.objects.count()) == ("ready", export.chunks - 1)


def test_a_file_whose_last_part_was_altered_stays_too(desk: Desk) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)
    desk.works(export, window=1)
    last = ExportChunk.objects.order_by("number").last()
    assert last is not None
    altered = bytes(last.sealed)[:-1] + bytes([bytes(last.sealed)[-1] ^ 1])
    last.delete()
    ExportChunk.objects.create(export_id=export.pk, number=last.number, sealed=altered)

    with pytest.raises(sealed.ExportTampered):
        desk.fetches(export)
    export.refresh_from_db()
    assert (export.state, ExportChunk.objects.count()) == ("ready", export.chunks)


def test_the_key_of_one_file_opens_no_other(desk: Desk) -> None:
    one, other = desk.written(), desk.written()

    with pytest.raises(sealed.ExportTampered):
        sealed.open_key(other.pk, kek_id=one.kek_id or 0, wrapped=bytes(one.sealed_key or b""))


def test_more_people_than_were_counted_get_into_no_file(desk: Desk, shop: Shop) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)
    desk.enters([shop.welcome("priya", says=EVERYTHING)])

    with pytest.raises(ExportGrew):
        desk.works(export)

    export.refresh_from_db()
    assert (export.state, export.sealed_key) == ("failed", None)
    assert entries("profile.export") == []


def test_a_run_that_is_taken_over_begins_anew(desk: Desk, mei: Customer, sofia: Customer) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)
    ExportChunk.objects.create(export_id=export.pk, number=0, sealed=b"half of a killed run")

    desk.works(export)

    assert rows(desk.fetches(export)).keys() == {mei.subject, sofia.subject}


def test_a_canceled_export_keeps_nothing(desk: Desk) -> None:
    export = desk.counted()
    desk.approved(export)
    desk.starts(export)
    assert export.job_id
    jobs.cancel(export.job_id)

    with jobs.running(export.job_id) as job, pytest.raises(JobCanceled):
        write.write(export, job, window=1)

    export.refresh_from_db()
    assert (export.state, export.sealed_key) == ("failed", None)
    assert ExportChunk.objects.count() == 0


def test_a_value_that_is_a_formula_is_text_in_the_file(desk: Desk, shop: Shop) -> None:
    """Case 53, for an exported name."""
    shop.welcome("eve", says=EVERYTHING)
    eve = shop.welcome("eve", says=EVERYTHING, first_name="=cmd|' /C calc'!A0")
    desk.enters([eve])

    text = desk.fetches(desk.written())

    assert rows(text)[eve.subject]["contact.first_name"] == "'=cmd|' /C calc'!A0"


def test_an_erasure_leaves_no_file_that_is_still_to_be_handed_out(desk: Desk) -> None:
    export = desk.written()

    with database.as_role(Role.RIGHTS), database.atomic():
        dropped = drop.drop_all(actor=Actor.system("erase"))

    export.refresh_from_db()
    assert (dropped, export.state, export.sealed_key) == (1, "expired", None)
    with pytest.raises(ExportGone):
        desk.fetches(export)


def test_tasks_do_the_work_once_and_a_second_copy_ends(desk: Desk, workspace: object) -> None:
    export = desk.plans("trait.orders")
    ids = {
        "run_id": str(export.job_id), "export_id": str(export.pk),
        "workspace_id": str(export.workspace_id),
    }  # fmt: skip

    tasks.count_export(**ids)
    tasks.count_export(**ids)

    export.refresh_from_db()
    assert export.state == Export.State.COUNTED
    assert len(entries("export.plan")) == 1


def test_an_export_whose_run_is_over_without_a_file_has_failed(desk: Desk) -> None:
    export = desk.counted("trait.orders")
    desk.starts(export)
    assert export.job_id
    with pytest.raises(RuntimeError), jobs.running(export.job_id):
        raise RuntimeError("a worker's bug")

    tasks.keep_up()

    export.refresh_from_db()
    assert export.state == "failed"


def test_the_wrapping_key_is_the_active_one(desk: Desk) -> None:
    export = desk.written()

    assert export.kek_id == keyring.current().active(Use.KEK).id
