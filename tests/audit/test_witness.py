"""A witness signs what adds to what it saw, refuses a fork, and never holds the log up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from audit import checkpoint, exports, proofs, shelf, signing, verify_log
from audit.checkpoint import NoteRefused
from audit.inbox import record
from audit.sequencer import sequence
from audit.verify import Verdict, verify
from audit.witness import Cosigner, WitnessRefused, configured, cosign
from cdp.kernel import clock, database
from cdp.kernel.outgoing import Unreached
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE
from tests.audit.logs import rows, tamper
from tests.audit.test_consistency import rewrite
from tests.audit.witnesses import NAME, FakeWitness, witnessing
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def witness(log: int, settings: Settings) -> Iterator[FakeWitness]:
    """A witness that is configured and has seen nothing."""
    with witnessing(signing.vkey()) as running:
        settings.AUDIT_WITNESS_URL = running.url
        settings.AUDIT_WITNESS_VKEY = str(running.key)
        settings.OUTGOING_INTERNAL = (urlsplit(running.url).netloc,)
        yield running


def test_what_the_witness_signed_is_kept_beside_the_checkpoint(
    witness: FakeWitness, log: int
) -> None:
    assert asked() == log

    ((size, name, at),) = stored()
    assert (size, name) == (log, NAME)
    assert at == datetime.fromtimestamp(witness.now, UTC)
    assert checked().cosignatures == 1


def test_the_witness_follows_a_log_that_grows(witness: FakeWitness, log: int) -> None:
    asked()
    grow()
    grow()

    assert [asked(), asked()] == [log + 2, 0]

    assert witness.answers == [200, 200]
    assert [size for size, _, _ in stored()] == [log, log + 2]


def test_a_proof_carries_the_witnesss_signature(
    witness: FakeWitness, log: int, tmp_path: Path, client: Client
) -> None:
    asked()
    assert NAME in client.get("/log/checkpoint").content.decode()
    grow()  # a newer checkpoint that no witness signed yet
    with database.as_role(Role.AUDIT):
        text, unseen = proofs.prove(3), proofs.prove(log)
    key = str(witness.key)

    assert verify_log.check(text, signing.vkey(), key)["size"] == str(log)
    assert proofs.verify_proof(text, signing.vkey()).checkpoint.size == log
    verify_log.check(unseen, signing.vkey())
    with pytest.raises(verify_log.NotProved, match="the witness did not sign"):
        verify_log.check(unseen, signing.vkey(), key)
    (tmp_path / "proof").write_text(text)
    arguments = [str(tmp_path / "proof"), "--vkey", signing.vkey(), "--witness"]
    assert verify_log.main([*arguments, key]) == 0
    assert verify_log.main([*arguments, key.replace("witness", "w1tness")]) == 1


def test_a_witness_refuses_a_fork_signed_with_a_stolen_key(witness: FakeWitness, log: int) -> None:
    """Case 25: whoever rewrites history finds no witness for it, and the check says so."""
    asked()
    rewrite(entry=7, size=log)
    grow()

    with pytest.raises(WitnessRefused) as refused:
        asked()

    assert refused.value.facts == {"status": 422}
    assert [size for size, _, _ in stored()] == [log]
    problem = checked().problem
    assert problem is not None
    assert (problem.index, problem.reason) == (log - 1, "cosignature")


def test_a_witness_that_saw_a_longer_log_says_that_this_one_was_cut_off(
    witness: FakeWitness, log: int
) -> None:
    grow()
    asked()
    for table, column in (("audit_entry", "idx"), ("audit_leaf", "idx")):
        tamper(table, f"DELETE FROM {table} WHERE {column} >= 10")
    tamper("audit_checkpoint", "DELETE FROM audit_checkpoint WHERE size = 11")
    tamper("audit_tile", "UPDATE audit_tile SET data = substring(data from 1 for 320)")
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("DELETE FROM audit_cosignature")

    with pytest.raises(WitnessRefused, match="longer log"):
        asked()


def test_a_witness_that_lost_what_we_remember_is_told_again(witness: FakeWitness, log: int) -> None:
    asked()
    witness.seen = None
    grow()

    assert asked() == log + 1

    assert witness.answers == [200, 409, 200]


def test_a_witness_that_remembers_more_than_we_do_is_believed(
    witness: FakeWitness, log: int
) -> None:
    asked()
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("DELETE FROM audit_cosignature")
    grow()

    assert asked() == log + 1
    assert witness.answers == [200, 409, 200]


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ((200, b""), NoteRefused),
        ((200, "— witness.example/w1 AAAA\n".encode()), NoteRefused),
        ((200, "— somebody.else AAAAAAAA\n".encode()), NoteRefused),
        ((200, b"\xff\xfe"), NoteRefused),
        ((409, b"many"), WitnessRefused),
        ((409, b"9" * 40), WitnessRefused),
        ((404, b""), WitnessRefused),
        ((301, b""), WitnessRefused),
        ((500, b"<html>"), WitnessRefused),
    ],
)
def test_an_answer_that_is_no_signature_is_not_kept(
    witness: FakeWitness, answer: tuple[int, bytes], refusal: type[Exception]
) -> None:
    witness.faults = [answer]

    with pytest.raises(refusal):
        asked()

    assert stored() == []


def test_a_signature_under_another_checkpoint_is_not_kept(witness: FakeWitness) -> None:
    other = witness.sign("candor.test/audit\n3\nAAAA\n")
    witness.faults = [(200, other.encode())]

    with pytest.raises(NoteRefused, match="does not fit"):
        asked()
    assert stored() == []


def test_a_line_that_was_changed_in_the_table_is_found(witness: FakeWitness, log: int) -> None:
    asked()
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute(
            "UPDATE audit_cosignature SET line = %s", [witness.sign("candor.test/audit\n1\nAA\n")]
        )

    problem = checked().problem
    assert problem is not None
    assert (problem.index, problem.reason) == (log - 1, "cosignature")


def test_the_witness_is_asked_every_so_often_and_missed_by_nobody(
    witness: FakeWitness, log: int
) -> None:
    cosigner = Cosigner(timedelta(minutes=10))
    for minutes in (0, 5, 10, 15, 20):
        if minutes == 10:
            witness.faults = [(500, b"")]
        grow()
        with clock.stopped(NOON + timedelta(minutes=minutes)), database.as_role(Role.AUDIT):
            cosigner()

    assert witness.answers == [200, 500, 200]


def test_an_export_stands_under_what_the_witness_signed_where_that_reaches_so_far(
    witness: FakeWitness, log: int
) -> None:
    asked()
    grow()

    with database.as_role(Role.AUDIT):
        old, new = ("".join(exports.export(first, first + 1)) for first in (log - 1, log))

    told = verify_log.check_export(old, signing.vkey(), str(witness.key))
    assert (told.checkpoints[-1].size, sorted(told.entries)) == (log, [log - 1])
    assert verify_log.check_export(new, signing.vkey()).checkpoints[-1].size == log + 1
    with pytest.raises(verify_log.NotProved, match="witness did not sign"):
        verify_log.check_export(new, signing.vkey(), str(witness.key))


def test_a_witness_that_is_away_holds_nothing_up(log: int, settings: Settings) -> None:
    with witnessing(signing.vkey()) as gone:
        settings.AUDIT_WITNESS_URL, settings.AUDIT_WITNESS_VKEY = gone.url, str(gone.key)
        settings.OUTGOING_INTERNAL = (urlsplit(gone.url).netloc,)

    with pytest.raises(Unreached):
        asked()
    with database.as_role(Role.AUDIT):
        Cosigner()()
        record(ALICE, "segment.create")
        assert sequence() == 1


def test_without_a_witness_nobody_is_asked(log: int, settings: Settings) -> None:
    settings.AUDIT_WITNESS_VKEY = ""

    with database.as_role(Role.AUDIT):
        Cosigner()()
    assert configured() is None
    assert stored() == []


def test_the_logs_own_key_is_no_witness(log: int, settings: Settings) -> None:
    settings.AUDIT_WITNESS_VKEY = signing.vkey()

    with pytest.raises(NoteRefused, match="not a verifier key"):
        configured()


def test_a_reader_who_does_not_know_the_witness_passes_its_line_over(
    witness: FakeWitness, log: int
) -> None:
    asked()

    with database.as_role(Role.AUDIT):
        noted = shelf.newest_noted()
    assert noted is not None
    assert noted.note.count("—") == 2
    assert checkpoint.read(noted.note, signing.verifiers()).size == log


def asked() -> int:
    found = configured()
    assert found is not None
    with database.as_role(Role.AUDIT):
        return cosign(found)


def stored() -> list[tuple[int, str, datetime]]:
    with database.as_role(Role.AUDIT):
        return [
            (size, name, at)
            for size, name, at in rows(
                "SELECT size, witness, at FROM audit_cosignature ORDER BY size"
            )
        ]


def checked() -> Verdict:
    with database.as_role(Role.AUDIT):
        return verify(chunk=256)


def grow() -> None:
    record(ALICE, "segment.create")
    with database.as_role(Role.AUDIT):
        sequence()
