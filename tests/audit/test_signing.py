"""A new signing key: the log keeps its name, both keys sign for a while, nothing is lost."""

import pytest

from audit import checkpoint, consistency, proofs, shelf, signing, verify_log
from audit.checkpoint import NoteRefused, VerifierKey
from audit.inbox import record
from audit.sequencer import sequence
from audit.verify import verify
from audit.verify_log import NotProved
from cdp.kernel import clock, database, keyring
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keyring")]


def test_both_keys_sign_while_the_former_is_kept(log: int) -> None:
    former = signing.vkey()
    rotate()
    grow()

    newest = noted()
    assert signing.vkey() != former
    assert newest.count("—") == 2
    for vkey in (former, signing.vkey()):
        assert checkpoint.read(newest, [VerifierKey.parse(vkey)]).size == log + 1
        assert verify_log.checked_note(newest, vkey).size == log + 1
        assert proofs.verify_proof(proved(3), vkey).index == 3


def test_when_the_former_is_retired_what_it_signed_goes_on_holding(log: int) -> None:
    former, kept = signing.vkey(), proved(3)
    rotate()
    grow()
    keyring.change(lambda ring: ring.with_retired(Use.SIGN, 1))
    grow()

    assert noted().count("—") == 1
    assert verify_log.check(kept, former)["index"] == "3"
    assert verify_log.check(proved(3), signing.vkey())["index"] == "3"
    with pytest.raises(NotProved, match="this key did not sign"):
        verify_log.check(proved(3), former)
    with pytest.raises(NoteRefused):
        proofs.verify_proof(proved(3), former)


def test_the_whole_log_holds_across_a_rotation(log: int) -> None:
    rotate()
    grow()
    keyring.change(lambda ring: ring.with_retired(Use.SIGN, 1))
    grow()

    with database.as_role(Role.AUDIT):
        verdict = verify(chunk=256)

    assert (verdict.problem, verdict.checkpoints) == (None, 4)


def test_growth_is_shown_across_a_rotation_to_who_has_both_keys(log: int) -> None:
    former, kept = signing.vkey(), proved(3)
    rotate()
    keyring.change(lambda ring: ring.with_retired(Use.SIGN, 1))
    grow()
    with database.as_role(Role.AUDIT):
        text = consistency.prove_growth(consistency.note_in(kept))

    told = verify_log.check_growth(text, former, signing.vkey())
    assert [each.size for each in told.checkpoints] == [log, log + 1]
    with pytest.raises(NotProved):
        verify_log.check_growth(text, signing.vkey())


def test_a_signature_of_a_known_key_that_does_not_fit_refuses_the_note(log: int) -> None:
    former = signing.vkey()
    rotate()
    grow()
    text, blank, lines = noted().partition("\n\n")
    first, second = lines.splitlines(keepends=True)
    spoiled = first[:-8] + ("B" if first[-8] == "A" else "A") + first[-7:]
    keys = [VerifierKey.parse(former), VerifierKey.parse(signing.vkey())]

    with pytest.raises(NoteRefused):
        checkpoint.read(text + blank + spoiled + second, keys)
    assert checkpoint.read(text + blank + second, keys).size == log + 1


def rotate() -> None:
    keyring.change(lambda ring: ring.with_new(Use.SIGN, at=clock.now()))


def grow() -> None:
    record(ALICE, "segment.create")
    with database.as_role(Role.AUDIT):
        sequence()


def noted() -> str:
    with database.as_role(Role.AUDIT):
        newest = shelf.newest_checkpoint()
    assert newest is not None
    return newest.note


def proved(index: int) -> str:
    with database.as_role(Role.AUDIT):
        return proofs.prove(index)
