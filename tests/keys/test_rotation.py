"""Keys are rotated, wrapped anew, retired and destroyed, and nothing becomes unreadable."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from audit.actors import Actor
from audit.models import Inbox
from cdp.approvals.kinds import Kind
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import clock, database, jobs, key_check, key_register, keyring, subjects, wraps
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import KeyMissing, Use
from cdp.kernel.models import JobRun, Key, SubjectKey
from cdp.kernel.roles import Role
from cdp.kernel.wraps import KeyUnregistered, KeyWornOut
from cdp.keys import work
from cdp.keys.retire import KeyInUse, KeyNotRetired, destroy, retire
from cdp.keys.rewrap import rewrap
from cdp.keys.rotate import ProviderUnhealthy, RootFixed, rotate
from cdp.keys.status import status
from tests.keys.conftest import approved, born

ACTOR = "op:1"


def rewrapped(*, batch: int = 10_000) -> JobRun:
    """Run a rewrap to its end and return how it went."""
    run = jobs.start("test.rewrap", actor=ACTOR)
    with jobs.running(run.id) as job:
        for _ in rewrap(job, batch=batch):
            pass
    return jobs.find(run.id)


def keks() -> dict[UUID, int]:
    return dict(SubjectKey.objects.values_list("subject_id", "kek_id"))


def acts() -> list[tuple[str, str, str]]:
    with database.as_role(Role.AUDIT):
        found = Inbox.objects.filter(act__startswith="key.").order_by("id")
        return [(entry.actor, entry.act, entry.obj) for entry in found]


def test_a_rotated_key_wraps_what_is_new_and_the_former_still_opens(own_keyring: Path) -> None:
    old = born(2)

    key = rotate(Use.KEK, actor=ACTOR)

    new = born(2)
    assert (key.id, key.state) == (2, "active")
    assert keks() == {**dict.fromkeys(old, 1), **dict.fromkeys(new, 2)}
    assert subjects.data_keys([*old, *new]) == old | new
    assert [(k.key_id, k.state) for k in Key.objects.filter(use="kek").order_by("key_id")] == [
        (1, "enabled"), (2, "active"),
    ]  # fmt: skip
    assert acts() == [(ACTOR, "key.rotate", "key:kek:2")]
    key_check.check()


@pytest.mark.parametrize("use", [Use.INDEX, Use.REFERENCE])
def test_a_root_that_digests_hang_on_is_never_rotated(use: Use, own_keyring: Path) -> None:
    with pytest.raises(RootFixed, match=f"The {use} root is not rotated"):
        rotate(use, actor=ACTOR)

    assert len(keyring.current().of(use)) == 1


def test_the_signing_key_keeps_the_logs_name_and_both_sign_until_it_is_retired(
    own_keyring: Path,
) -> None:
    former = keyring.current().active(Use.SIGN)

    rotate(Use.SIGN, actor=ACTOR)

    assert [key.origin for key in keyring.current().of(Use.SIGN)] == [former.origin] * 2
    with pytest.raises(KeyInUse, match="is the active one"):
        retire(Use.SIGN, 2, actor=ACTOR)
    retire(Use.SIGN, 1, actor=ACTOR)
    assert [key.state for key in keyring.current().of(Use.SIGN)] == ["retired", "active"]


def test_a_provider_that_cannot_keep_a_key_stops_the_rotation_before_anything(
    own_keyring: Path,
) -> None:
    own_keyring.chmod(0o644)

    with pytest.raises(ProviderUnhealthy, match="chmod 600"):
        rotate(Use.KEK, actor=ACTOR)

    assert acts() == []


def test_a_rotation_that_broke_off_is_finished_by_the_next(own_keyring: Path) -> None:
    keyring.change(lambda ring: ring.with_waiting(Use.KEK, at=clock.now()))

    key = rotate(Use.KEK, actor=ACTOR)

    assert key.id == 2
    assert len(keyring.current().of(Use.KEK)) == 2


def test_no_process_wraps_with_a_key_that_the_database_does_not_know(own_keyring: Path) -> None:
    keyring.change(lambda ring: ring.with_new(Use.KEK, at=clock.now()))

    with pytest.raises(KeyUnregistered, match=r"manage\.py migrate"), transaction.atomic():
        born(1)

    assert keks() == {}


@pytest.mark.parametrize("batch", [1, 3, 7, 10_000])
def test_every_data_key_moves_to_the_new_key_whatever_the_batch(
    batch: int, own_keyring: Path
) -> None:
    old = born(7)
    rotate(Use.KEK, actor=ACTOR)
    before = dict(SubjectKey.objects.values_list("subject_id", "wrapped"))

    run = rewrapped(batch=batch)

    assert run.result == {"moved": 7, "unreadable": 0, "left": 0}
    assert (run.done, run.total, run.state) == (7, 7, "succeeded")
    assert set(keks().values()) == {2}
    assert subjects.data_keys(old) == old
    assert all(bytes(row.wrapped) != bytes(before[row.pk]) for row in SubjectKey.objects.all())


def test_wrapping_anew_again_changes_nothing(own_keyring: Path) -> None:
    born(3)
    rotate(Use.KEK, actor=ACTOR)
    rewrapped()
    once = list(SubjectKey.objects.order_by("pk").values_list("wrapped", flat=True))

    run = rewrapped()

    assert run.result == {"moved": 0, "unreadable": 0, "left": 0}
    assert [bytes(w) for w in once] == [
        bytes(w) for w in SubjectKey.objects.order_by("pk").values_list("wrapped", flat=True)
    ]


def test_what_a_writer_wrapped_with_the_former_key_meanwhile_is_caught(own_keyring: Path) -> None:
    """Attack case 11: who read the active key just before a rotation is caught by a later pass."""
    born(2)
    before = own_keyring.read_text()
    rotate(Use.KEK, actor=ACTOR)
    after = own_keyring.read_text()
    run = jobs.start("test.rewrap", actor=ACTOR)
    late: dict[UUID, bytes] = {}

    with jobs.running(run.id) as job:
        for _ in rewrap(job, batch=1):
            if not late:
                own_keyring.write_text(before)  # a process that has not read the file again
                late = born(3)
                own_keyring.write_text(after)

    assert len(late) == 3
    assert set(keks().values()) == {2}
    assert subjects.data_keys(late) == late
    assert jobs.find(run.id).result == {"moved": 5, "unreadable": 0, "left": 0}


def test_a_spoiled_data_key_is_named_stays_as_it_is_and_holds_up_nobody(
    own_keyring: Path,
) -> None:
    spoiled, *others = born(3)
    SubjectKey.objects.filter(pk=spoiled).update(wrapped=b"\x01" + bytes(60))
    rotate(Use.KEK, actor=ACTOR)

    run = rewrapped(batch=1)

    assert run.result == {"moved": 2, "unreadable": 1, "left": 1}
    assert keks() == {spoiled: 1, **dict.fromkeys(others, 2)}
    with database.as_role(Role.AUDIT):
        assert [e.subject for e in Inbox.objects.filter(act="vault.unreadable")] == [spoiled]


def test_a_key_in_use_is_not_retired_and_says_by_how_many(own_keyring: Path) -> None:
    """Attack case 9: retiring a KEK in use is refused with the count."""
    born(3)
    rotate(Use.KEK, actor=ACTOR)

    with pytest.raises(KeyInUse, match=r"KEK 1 is not retired: 3 subjects use it\. Run: manage"):
        retire(Use.KEK, 1, actor=ACTOR)

    assert keyring.current().get(Use.KEK, 1).state == "enabled"


def test_a_key_that_nobody_needs_is_retired_then_destroyed(own_keyring: Path) -> None:
    people = born(2)
    rotate(Use.KEK, actor=ACTOR)
    with pytest.raises(KeyNotRetired):
        destroy(1, actor=ACTOR)
    rewrapped()

    retire(Use.KEK, 1, actor=ACTOR)
    key_check.check()
    destroy(1, actor=ACTOR)

    key_check.check()
    with pytest.raises(KeyMissing):
        keyring.current().get(Use.KEK, 1)
    assert subjects.data_keys(people) == people
    gone = Key.objects.get(use="kek", key_id=1)
    assert (gone.state, gone.retired_at is None, gone.destroyed_at is None) == (
        "retired", False, False,
    )  # fmt: skip
    assert [act for _, act, _ in acts()] == [
        "key.rotate",
        "key.rewrap",
        "key.retire",
        "key.destroy",
    ]


def test_a_destruction_that_broke_off_is_put_on_the_record_by_the_next(own_keyring: Path) -> None:
    rotate(Use.KEK, actor=ACTOR)
    with pytest.raises(KeyMissing):
        destroy(7, actor=ACTOR)
    retire(Use.KEK, 1, actor=ACTOR)
    keyring.change(lambda ring: ring.without(Use.KEK, 1))  # killed before the database committed

    destroy(1, actor=ACTOR)

    assert acts()[-1] == (ACTOR, "key.destroy", "key:kek:1")
    assert Key.objects.get(use="kek", key_id=1).destroyed_at
    with pytest.raises(KeyMissing):
        destroy(1, actor=ACTOR)


def test_a_key_that_was_lost_before_it_was_retired_counts_as_missing_and_not_as_destroyed(
    own_keyring: Path,
) -> None:
    rotate(Use.KEK, actor=ACTOR)
    keyring.change(lambda ring: ring.without(Use.KEK, 1))

    with pytest.raises(KeyMissing):
        destroy(1, actor=ACTOR)

    assert Key.objects.get(use="kek", key_id=1).destroyed_at is None


def test_a_retired_key_that_somebody_uses_after_all_is_not_destroyed(own_keyring: Path) -> None:
    rotate(Use.KEK, actor=ACTOR)
    retire(Use.KEK, 1, actor=ACTOR)
    born(1)
    SubjectKey.objects.update(kek_id=1)  # a restored backup brought it back

    with pytest.raises(KeyInUse, match="not destroyed: 1 subjects"):
        destroy(1, actor=ACTOR)

    assert keyring.current().get(Use.KEK, 1).state == "retired"


def test_the_active_key_is_not_retired(own_keyring: Path) -> None:
    with pytest.raises(KeyInUse, match="is the active one"):
        retire(Use.KEK, 1, actor=ACTOR)


def test_wraps_are_counted_in_blocks_and_an_end_is_set(
    own_keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born(3)
    assert Key.objects.get(use="kek").wraps == wraps.BLOCK
    monkeypatch.setattr(wraps, "MOST", wraps.BLOCK + 3)

    with pytest.raises(KeyWornOut, match="keys rotate --use kek"), transaction.atomic():
        born(1)

    rotate(Use.KEK, actor=ACTOR)
    assert len(born(1)) == 1


def test_a_block_counts_once_its_transaction_is_committed(
    own_keyring: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        born(4)
    born(wraps.BLOCK - 4)
    assert Key.objects.get(use="kek").wraps == wraps.BLOCK

    born(1)

    assert Key.objects.get(use="kek").wraps == 2 * wraps.BLOCK


def test_who_rewraps_may_change_nothing_else_of_a_data_key(own_keyring: Path) -> None:
    born(1)

    for change in (
        "UPDATE kernel_subjectkey SET subject_id = gen_random_uuid()",
        "DELETE FROM kernel_subjectkey",
        "INSERT INTO kernel_subjectkey VALUES (gen_random_uuid(), gen_random_uuid(), 1, '', now())",
        "SELECT 1 FROM profiles_vaultvalue",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            database.cursor() as sql,
        ):
            sql.execute(change)


def test_who_takes_events_in_may_count_wraps_and_change_no_key(own_keyring: Path) -> None:
    with (
        database.as_role(Role.INGEST),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        database.cursor() as sql,
    ):
        sql.execute("UPDATE kernel_key SET state = 'retired'")


def test_no_entry_about_a_key_is_without_its_actor(own_keyring: Path) -> None:
    born(2)
    rotate(Use.KEK, actor=ACTOR)
    rewrapped()

    with database.as_role(Role.AUDIT):
        assert not Inbox.objects.filter(actor__startswith="db:cdp_rewrap").exists()
        assert Inbox.objects.filter(actor=ACTOR, act__startswith="kernel_key").exists()


def test_status_shows_each_key_with_who_uses_it_and_no_material(
    own_keyring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    born(3)
    rotate(Use.KEK, actor=ACTOR)

    call_command("keys", "status")
    text = capsys.readouterr().out
    call_command("keys", "status", "--json")
    found = json.loads(capsys.readouterr().out)

    old, new = (key for key in found["keys"] if key["use"] == "kek")
    assert (old["state"], old["subjects"], old["fits"]) == ("enabled", 3, True)
    assert (new["state"], new["subjects"], new["wraps"]) == ("active", 0, 0)
    assert "3 subjects" in text
    assert found["health"]["fine"] is True
    for each in json.loads(own_keyring.read_text())["keys"]:
        assert each["material"] not in text + json.dumps(found)


def test_status_names_a_key_that_is_missing_or_another(own_keyring: Path) -> None:
    born(3)
    other = keyring.generate(origin="", at=clock.now()).active(Use.INDEX)
    keyring.change(lambda ring: keyring.Keyring([
        *(key for key in ring.every() if key.use not in (Use.INDEX, Use.REFERENCE)), other,
    ]))  # fmt: skip

    found = {key.use: key for key in status().keys}

    assert (found["index"].fits, found["kek"].fits) == (False, True)
    assert found["reference"].state == "missing"
    assert (found["reference"].subjects, found["kek"].subjects) == (None, 3)


def test_the_whole_way_by_commands(
    own_keyring: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = born(5)
    call_command("keys", "rotate", "--use", "kek")
    with pytest.raises(CommandError, match="takes two operators"):
        call_command("keys", "retire", "--kek", "1")
    retirement = str(approved(Kind.KEY_RETIRE, Use.KEK, 1).pk)
    with pytest.raises(CommandError, match="5 subjects use it"):
        call_command("keys", "retire", "--kek", "1", "--approval", retirement)
    call_command("keys", "rewrap", "--batch", "2")
    call_command("keys", "retire", "--kek", "1", "--approval", retirement)
    destruction = str(approved(Kind.KEY_DESTROY, Use.KEK, 1).pk)
    monkeypatch.setattr("builtins.input", lambda _: "2")
    with pytest.raises(CommandError, match="nothing was destroyed"):
        call_command("keys", "destroy", "--kek", "1", "--approval", destruction)
    monkeypatch.setattr("builtins.input", lambda _: "1")
    with pytest.raises(CommandError, match="for something else"):
        again = str(approved(Kind.KEY_RETIRE, Use.KEK, 1).pk)
        call_command("keys", "destroy", "--kek", "1", "--approval", again)
    call_command("keys", "destroy", "--kek", "1", "--approval", destruction)

    said = capsys.readouterr().out
    assert "2 of 5 data keys (40 %)" in said
    assert "5 data keys wrapped anew, 0 do not open, 0 left." in said
    assert subjects.data_keys(people) == people
    assert [key.id for key in keyring.current().of(Use.KEK)] == [2]


def test_a_first_keyring_is_made_once_and_never_over_another(
    own_keyring: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.KEYRING = tmp_path / "new.json"
    with pytest.raises(CommandError, match="sealed under keys already"):
        call_command("keys", "init")
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("DELETE FROM kernel_key")

    call_command("keys", "init", "--origin", "shop.example/audit")

    assert (
        FileProvider(tmp_path / "new.json").load().active(Use.SIGN).origin == "shop.example/audit"
    )
    assert {key.use for key in Key.objects.all()} == set(map(str, key_register.KEPT))
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("DELETE FROM kernel_key")
    with pytest.raises(CommandError, match="never overwritten"):
        call_command("keys", "init")


def test_what_the_console_asks_for_the_sequencers_process_does(own_keyring: Path) -> None:
    born(2)
    with database.as_role(Role.WEB):
        first = work.ask_rotation(Use.KEK, actor=ACTOR)
        assert work.ask_rotation(Use.KEK, actor=ACTOR).pk == first.pk, "a double click is one run"
    assert work.carry_out_asked() == 1
    ada = Actor.parse(approved(Kind.KEY_RETIRE, Use.KEK, 1).asked_by)
    bea = Actor.parse(approved(Kind.KEY_DESTROY, Use.KEK, 1).asked_by)
    with database.as_role(Role.WEB):
        runs = [
            work.ask_destruction(1, actor=bea),  # too early: it is not retired yet
            work.ask_rewrap(actor=ACTOR),
            work.ask_retirement(Use.KEK, 1, actor=ada),
        ]

    assert work.carry_out_asked() == 3
    assert work.carry_out_asked() == 0

    found = [jobs.find(run.pk) for run in [first, *runs]]
    assert [run.state for run in found] == ["succeeded", "failed", "succeeded", "succeeded"]
    assert (found[0].result, found[1].reason) == ({"use": "kek", "key_id": 2}, "key_not_retired")
    assert keyring.current().get(Use.KEK, 1).state == "retired"


def test_a_key_ends_by_two_operators_whatever_a_run_says(own_keyring: Path) -> None:
    rotate(Use.KEK, actor=ACTOR)
    other = approved(Kind.KEY_RETIRE, Use.SIGN, 1)
    with database.as_role(Role.WEB):
        with pytest.raises(ApprovalNeeded):
            work.ask_retirement(Use.KEK, 1, actor=Actor.parse(other.asked_by))
        forged = [
            jobs.start(work.RETIRE, actor=ACTOR, params={"use": "kek", "key_id": 1, **named})
            for named in ({}, {"approval": str(other.pk)}, {"approval": str(uuid4())})
        ]

    work.carry_out_asked()

    assert {jobs.find(run.pk).reason for run in forged} == {"approval_needed"}
    assert keyring.current().get(Use.KEK, 1).state == "enabled"


def test_an_unknown_subject_has_no_key(own_keyring: Path) -> None:
    assert subjects.data_keys([uuid4()]) == {}
