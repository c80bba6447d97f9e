"""Proof files: they hold offline, for their own subject, and no changed one does."""

import base64
import json
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from audit import checkpoint, leaf, merkle, proofs, queries, signing, verify_log
from audit.checkpoint import Checkpoint
from audit.inbox import record
from audit.proofs import NoSuchEntry, ProofRefused
from audit.sequencer import sequence
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role
from tests.audit import trees
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.test_checkpoint import NOTE, SIGNER, VKEY
from tests.audit.test_leaf import KNOWN


def made(index: int, size: int) -> str:
    """Return a proof file from a tree made by the definition, for the known key."""
    raw = [KNOWN.replace(b'"812"', b'"%d"' % n) for n in range(size)]
    root = trees.slow_root(raw)
    note = checkpoint.sign(Checkpoint(SIGNER.name, size, root), [SIGNER])
    return proofs.render(raw[index], index=index, path=trees.slow_inclusion(index, raw), note=note)


FILE = made(3, 7)
ALONE = f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(KNOWN).decode()}\nindex 0\n\n{NOTE}"


def test_the_known_entry_is_proved_by_the_known_note() -> None:
    proved = proofs.verify_proof(ALONE, VKEY)

    assert (proved.index, proved.entry.actor, proved.checkpoint.size) == (0, "op:7", 1)
    assert proofs.render(KNOWN, index=0, path=[], note=NOTE) == ALONE


@given(size=st.integers(1, 20), data=st.data())
def test_both_verifiers_accept_every_true_proof(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    text = made(index, size)

    proved = proofs.verify_proof(text, VKEY)
    entry = verify_log.check(text, VKEY)

    assert (proved.index, proved.entry.src) == (index, str(index))
    assert (entry["index"], entry["src"], entry["size"]) == (str(index), str(index), str(size))


@given(at=st.integers(0, len(FILE) - 1), replacement=st.characters(codec="utf-8"))
def test_both_verifiers_refuse_a_file_with_any_character_changed(at: int, replacement: str) -> None:
    changed = FILE[:at] + replacement + FILE[at + 1 :]
    if changed == FILE:
        return

    with pytest.raises(CdpError):
        proofs.verify_proof(changed, VKEY)
    with pytest.raises(verify_log.NotProved):
        verify_log.check(changed, VKEY)


@given(cut=st.integers(0, len(FILE) - 1))
def test_both_verifiers_refuse_a_file_that_was_cut(cut: int) -> None:
    with pytest.raises(CdpError):
        proofs.verify_proof(FILE[:cut], VKEY)
    with pytest.raises(verify_log.NotProved):
        verify_log.check(FILE[:cut], VKEY)


@pytest.mark.parametrize(
    "changed",
    [
        made(2, 7).replace("index 2", "index 3"),
        FILE.replace("index 3", "index 03"),
        FILE.replace("index 3", "index 7"),
        FILE.replace("index 3", "index \uff13"),
        FILE.replace("\n\n", "\n" + base64.b64encode(bytes(32)).decode() + "\n\n", 1),
        "\n".join(line for n, line in enumerate(FILE.split("\n")) if n != 3),
        FILE.replace("\n", "\r\n"),
        FILE + "\n",
    ],
)
def test_both_verifiers_refuse_another_place_path_or_form(changed: str) -> None:
    with pytest.raises(CdpError):
        proofs.verify_proof(changed, VKEY)
    with pytest.raises(verify_log.NotProved):
        verify_log.check(changed, VKEY)


def test_an_entry_that_was_never_recorded_is_not_proved() -> None:
    forged = base64.b64encode(KNOWN.replace(b"op:7", b"op:8")).decode()

    with pytest.raises(ProofRefused, match="not in this checkpoint"):
        proofs.verify_proof(ALONE.replace(base64.b64encode(KNOWN).decode(), forged), VKEY)


def test_the_script_prints_the_entry_or_says_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.tlog-proof", tmp_path / "bad.tlog-proof"
    good.write_text(FILE)
    bad.write_text(FILE.replace("index 3", "index 4"))

    assert verify_log.main([str(good), "--vkey", VKEY]) == 0
    assert verify_log.main([str(bad), "--vkey", VKEY]) == 1
    assert verify_log.main([str(tmp_path / "none"), "--vkey", VKEY]) == 1

    printed = capsys.readouterr()
    assert "entry 3 is one of the 7" in printed.out
    assert printed.err.count("NOT PROVED") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("index", [0, 4, 9])
def test_every_entry_of_the_log_can_be_proved(log: int, index: int) -> None:
    with database.as_role(Role.AUDIT):
        text = proofs.prove(index)

    proved = proofs.verify_proof(text, signing.vkey())
    assert (proved.index, proved.entry.obj) == (index, f"campaign:{index % 5}")
    assert verify_log.check(text, signing.vkey())["index"] == str(index)
    assert merkle.leaf_hash(leaf.encode(proved.entry)) != proved.checkpoint.root


@pytest.mark.django_db
@pytest.mark.parametrize("index", [-1, 10, 1 << 62])
def test_what_is_not_in_the_log_is_not_proved(log: int, index: int) -> None:
    with database.as_role(Role.AUDIT), pytest.raises(NoSuchEntry):
        proofs.prove(index)


@pytest.mark.django_db
def test_a_customer_proves_their_own_entries_and_nobody_elses(log: int, workspace_id: UUID) -> None:
    """Case 30."""
    with database.as_role(Role.PORTAL):
        proved = proofs.verify_proof(queries.prove_about(MEI, 2), signing.vkey())
        assert proved.index == 2
        for person, index in ((MEI, 7), (JONAS, 2), (MEI, 99)):
            with pytest.raises(NoSuchEntry):
                queries.prove_about(person, index)


@pytest.mark.django_db
def test_a_proof_is_made_in_three_queries(
    log: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with database.as_role(Role.AUDIT), django_assert_num_queries(3):
        proofs.prove(7)


HOSTILE = "Mei\n\x1b[31mroot\x1b[0m\r\u202egnp.exe\u2066\x00"


@pytest.mark.django_db
def test_what_would_act_on_a_terminal_or_forge_a_line_is_escaped(
    log: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Case 31: new lines, ANSI and right-to-left marks in what an entry says."""
    hostile = HOSTILE.replace("\x00", "")  # PostgreSQL itself takes no NUL
    record(ALICE, "segment.create", obj=hostile, detail={"agent": hostile})
    with database.as_role(Role.AUDIT):
        sequence()
        call_command("audit", "export", "--from", str(log), "-o", str(tmp_path / "export"))

    assert verify_log.main([str(tmp_path / "export"), "--vkey", signing.vkey()]) == 0

    printed = capsys.readouterr().out
    assert printed.isascii()
    assert printed.count("\n") == 2  # the entry, and the sentence
    assert "\x1b" not in printed
    assert json.loads(printed.split("\n")[0])["obj"] == hostile


@pytest.mark.django_db
def test_a_customer_who_names_no_pseudonym_proves_nothing(log: int) -> None:
    with database.as_role(Role.PORTAL), pytest.raises(NoSuchEntry):
        proofs.prove(2)


@pytest.mark.django_db
def test_the_commands_hand_out_proof_key_and_checkpoint(
    log: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / proofs.file_name(2)
    with database.as_role(Role.AUDIT):
        call_command("audit", "prove", "2", "-o", str(file))
        call_command("audit", "vkey")
        vkey = capsys.readouterr().out.strip()
        call_command("audit", "checkpoint")
        note = capsys.readouterr().out
        with pytest.raises(CommandError, match="no such entry"):
            call_command("audit", "prove", "10")

    assert verify_log.main([str(file), "--vkey", vkey]) == 0
    assert checkpoint.read(note, signing.verifiers()).size == log
