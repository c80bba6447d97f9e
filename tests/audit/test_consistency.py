"""Two checkpoints: the later only adds to the earlier, or somebody can show that it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoint, consistency, leaf, merkle, proofs, shelf, signing, tiles, verify_log
from audit.checkpoint import Checkpoint, NoteRefused
from audit.consistency import LogContradicts
from audit.inbox import record
from audit.sequencer import sequence
from audit.verify_log import NotProved, Signed, Told
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit import trees
from tests.audit.conftest import ALICE
from tests.audit.logs import rows, tamper
from tests.audit.test_checkpoint import SIGNER, VKEY


@given(size=st.integers(1, 40), data=st.data())
def test_the_stand_alone_verifier_follows_every_true_path(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    leaves = [str(n).encode() for n in range(size)]
    path = trees.slow_consistency(old, leaves)
    root = trees.slow_root(leaves[:old])

    reached = verify_log.roots_along(Signed("log", old, root), size, path)

    assert reached == (root, trees.slow_root(leaves))


@given(size=st.integers(2, 24), data=st.data())
def test_both_verifiers_refuse_every_false_path(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    leaves = [str(n).encode() for n in range(size)]
    path = trees.slow_consistency(old, leaves)
    changed = data.draw(broken(path))
    before, after = trees.slow_root(leaves[:old]), trees.slow_root(leaves)

    assert not merkle.extends(changed, old=old, old_root=before, new=size, new_root=after)
    with pytest.raises(NotProved):
        verify_log.check_growth(written(before, old, after, size, changed), VKEY)


@st.composite
def broken(draw: st.DrawFn, path: list[bytes]) -> list[bytes]:
    """One hash changed, left out, doubled or added."""
    at = draw(st.integers(0, len(path) - 1))
    other = draw(st.binary(min_size=32, max_size=32).filter(lambda raw: raw not in path))
    return draw(
        st.sampled_from(
            [
                [*path[:at], other, *path[at + 1 :]],
                [*path[:at], *path[at + 1 :]],
                [*path[:at], path[at], *path[at:]],
                [*path, other],
            ]
        )
    )


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["checkpoint", "proof"])
def test_what_somebody_kept_leads_to_the_log_as_it_is(log: int, form: str) -> None:
    kept = kept_in(form)
    grow()

    with database.as_role(Role.AUDIT):
        text = consistency.prove_growth(consistency.note_in(kept))

    old, new = verify_log.check_growth(text, signing.vkey()).checkpoints
    assert (old.size, new.size) == (log, log + 1)
    shown = verify_log.check_any(text, signing.vkey())
    assert "Agrees" in verify_log.compare(shown, verify_log.check_any(kept, signing.vkey()))


@pytest.mark.django_db
def test_a_log_that_has_not_grown_is_consistent_with_itself(log: int) -> None:
    with database.as_role(Role.AUDIT):
        text = consistency.prove_growth(kept_in("checkpoint"))

    assert [each.size for each in verify_log.check_growth(text, signing.vkey()).checkpoints] == [
        log,
        log,
    ]


@pytest.mark.django_db
def test_rewritten_and_signed_history_contradicts_an_older_proof(log: int) -> None:
    """Case 25: with a stolen key; both what the log answers and the verifier say so."""
    kept = kept_in("proof")
    rewrite(entry=7, size=log)
    forged = kept_in("checkpoint")
    grow()
    key = signing.vkey()
    told = verify_log.check_any(kept, key)

    with database.as_role(Role.AUDIT), pytest.raises(LogContradicts) as refused:
        consistency.prove_growth(consistency.note_in(kept))
    assert refused.value.facts == {"size": log}

    # the thief's own file is sound in itself, and shows the second history of one size
    with database.as_role(Role.AUDIT):
        theirs = verify_log.check_growth(consistency.prove_growth(forged), key)
    with pytest.raises(NotProved, match="two histories of 10 entries"):
        verify_log.compare(theirs, told)


@pytest.mark.django_db
def test_no_path_leads_from_a_kept_root_to_another_history(log: int) -> None:
    """Case 25: the thief hands out the kept checkpoint itself, with the new history's path."""
    kept = kept_in("checkpoint")
    rewrite(entry=7, size=log)
    grow()
    with database.as_role(Role.AUDIT):
        newest = shelf.newest_checkpoint()
        assert newest is not None
        path = consistency.path_between(log, newest)

    with pytest.raises(NotProved, match="history was changed"):
        verify_log.check_growth(consistency.render(path, old=kept, new=newest.note), signing.vkey())


@pytest.mark.django_db
def test_a_log_that_was_cut_off_cannot_follow_what_was_kept(log: int) -> None:
    kept = kept_in("checkpoint")
    for table in ("audit_entry", "audit_leaf"):
        tamper(table, f"DELETE FROM {table} WHERE idx >= 5")
    tamper("audit_checkpoint", "DELETE FROM audit_checkpoint WHERE size = 10")

    with database.as_role(Role.AUDIT), pytest.raises(LogContradicts):
        consistency.prove_growth(kept)


@pytest.mark.django_db
def test_a_file_that_is_no_checkpoint_of_ours_is_refused(log: int, tmp_path: Path) -> None:
    stranger = checkpoint.sign(Checkpoint(SIGNER.name, 1, bytes(32)), [SIGNER])
    (tmp_path / "kept").write_text(stranger)

    with database.as_role(Role.AUDIT):
        with pytest.raises(NoteRefused):
            consistency.prove_growth(stranger)
        with pytest.raises(CommandError, match="No known key"):
            call_command("audit", "consistency", str(tmp_path / "kept"))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("consistency@v1", "consistency@v2"),
        lambda text: text + "\n",
        lambda text: text.replace("\n\n", "\n", 1),
        lambda text: text[:-1],
    ],
)
def test_another_form_is_refused(change: Callable[[str], str]) -> None:
    leaves = [str(n).encode() for n in range(7)]
    before, after = trees.slow_root(leaves[:3]), trees.slow_root(leaves)
    text = written(before, 3, after, 7, trees.slow_consistency(3, leaves))
    assert len(verify_log.check_growth(text, VKEY).checkpoints) == 2

    with pytest.raises(NotProved):
        verify_log.check_growth(change(text), VKEY)


def test_files_that_cannot_be_compared_say_what_is_missing() -> None:
    older, newer = Told([Signed("log", 3, bytes(32))], {}), Told([Signed("log", 9, bytes(32))], {})

    with pytest.raises(NotProved, match="of 3 and 9 entries cannot be compared without"):
        verify_log.compare(newer, older)


def written(before: bytes, old: int, after: bytes, size: int, path: list[bytes]) -> str:
    """Return a consistency file of the known key."""
    notes = [
        checkpoint.sign(Checkpoint(SIGNER.name, count, root), [SIGNER])
        for count, root in ((old, before), (size, after))
    ]
    return consistency.render(path, old=notes[0], new=notes[1])


def kept_in(form: str) -> str:
    """Return a file that somebody takes home now."""
    with database.as_role(Role.AUDIT):
        if form == "proof":
            return proofs.prove(2)
        newest = shelf.newest_checkpoint()
    assert newest is not None
    return newest.note


def grow() -> None:
    record(ALICE, "segment.create")
    with database.as_role(Role.AUDIT):
        sequence()


def rewrite(*, entry: int, size: int) -> None:
    """Change an entry everywhere and sign the tree again, as one with the key and the tables."""
    with database.as_role(Role.AUDIT):
        raw = bytes(rows("SELECT leaf FROM audit_leaf WHERE idx = %s", entry)[0][0])
    forged = raw.replace(b"vault.open", b"vault.shut")
    assert leaf.decode(forged).act == "vault.shut"
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = %s WHERE idx = %s", forged, entry)
    tamper("audit_entry", "UPDATE audit_entry SET act = 'vault.shut' WHERE idx = %s", entry)
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = overlay(data placing %s from %s) WHERE level = 0",
        merkle.leaf_hash(forged),
        entry * merkle.HASH_BYTES + 1,
    )
    with database.as_role(Role.AUDIT):
        root = merkle.root(size, shelf.tiles(tiles.right_edge(size)).node)
    signers = signing.signers()
    tamper(
        "audit_checkpoint",
        "UPDATE audit_checkpoint SET root = %s, note = %s WHERE size = %s",
        root,
        checkpoint.sign(Checkpoint(signers[0].name, size, root), signers),
        size,
    )
