"""Exports: a stretch of the log is checked alone, and no changed file passes."""

import base64
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from audit import exports, leaf, merkle, signing, verify_log
from audit.exports import NoSuchStretch
from audit.inbox import record
from audit.sequencer import sequence
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from tests.audit import trees
from tests.audit.conftest import ALICE
from tests.audit.logs import add_workspace, empty_inbox, inbox

SCRIPT = Path(verify_log.__file__)


@given(size=st.integers(1, 70), data=st.data())
def test_entries_and_what_is_beside_them_make_the_root(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    beyond = data.draw(st.integers(first + 1, size))
    leaves = [str(n).encode() for n in range(size)]
    path = merkle.range_path(first, beyond, size, trees.grown(leaves).node)

    hashes = [merkle.leaf_hash(each) for each in leaves[first:beyond]]
    assert verify_log.root_around(hashes, first, size, path) == trees.slow_root(leaves)
    assert len(path) <= 2 * size.bit_length()


@pytest.mark.parametrize(("first", "beyond", "size"), [(-1, 1, 2), (1, 1, 2), (0, 3, 2), (2, 1, 2)])
def test_there_is_no_path_around_what_is_not_there(first: int, beyond: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside the tree"):
        merkle.range_path(first, beyond, size, lambda level, number: bytes(32))


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "beyond"), [(0, 10), (0, 1), (3, 8), (9, 10)])
def test_a_stretch_is_checked_alone(log: int, first: int, beyond: int) -> None:
    told = verify_log.check_export(exported(first, beyond), signing.vkey())

    assert sorted(told.entries) == list(range(first, beyond))
    assert [each["obj"] for each in told.entries.values()] == [
        f"campaign:{index % 5}" for index in range(first, beyond)
    ]
    assert (told.checkpoints[0].size, told.unreadable) == (log, 0)


@pytest.mark.django_db
def test_a_long_stretch_goes_over_the_borders_of_tiles_and_pieces(workspace_id: UUID) -> None:
    for _ in range(600):
        record(ALICE, "segment.create")
    with database.as_role(Role.AUDIT):
        sequence()

    told = verify_log.check_export(exported(200, 599), signing.vkey())

    assert sorted(told.entries) == list(range(200, 599))


@pytest.mark.django_db
def test_what_a_reader_may_not_see_is_there_as_its_hash(log: int) -> None:
    other = add_workspace(uuid7(), key="other-shop")
    empty_inbox()
    with database.in_workspace(other):
        record(ALICE, "segment.create", obj="segment:other")
    with database.as_role(Role.AUDIT):
        sequence()

    with database.in_workspace(other), database.as_role(Role.WEB):
        text = "".join(exports.export(0, 11))

    told = verify_log.check_export(text, signing.vkey())
    assert {index: each["obj"] for index, each in told.entries.items()} == {10: "segment:other"}
    assert told.unreadable == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        ("from 2", "from 3"),
        ("to 7", "to 8"),
        ("\nentry ", "\nhash "),
        ("beside ", "entry "),
        ("candor/audit-export@v1", "candor/audit-export@v2"),
    ],
)
def test_a_changed_export_is_refused(log: int, change: tuple[str, str]) -> None:
    text = exported(2, 7)
    verify_log.check_export(text, signing.vkey())

    with pytest.raises(verify_log.NotProved):
        verify_log.check_export(text.replace(*change, 1), signing.vkey())


@pytest.mark.django_db
def test_an_entry_left_out_moved_or_rewritten_is_refused(log: int) -> None:
    """Case 24: what was handed out shows a deleted and a reordered entry, too."""
    lines = exported(2, 7).split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("entry "))
    raw = base64.b64decode(lines[at][6:])
    forged = base64.b64encode(raw.replace(b"campaign:2", b"campaign:9")).decode()
    assert leaf.decode(base64.b64decode(forged)).obj == "campaign:9"
    for changed in (
        lines[:at] + lines[at + 1 :],
        [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]],
        [*lines[:at], f"entry {forged}", *lines[at + 1 :]],
    ):
        with pytest.raises(verify_log.NotProved):
            verify_log.check_export("\n".join(changed), signing.vkey())


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "beyond"), [(0, 11), (-1, 3), (5, 5), (10, None)])
def test_a_stretch_that_is_not_there_is_refused(log: int, first: int, beyond: int | None) -> None:
    with database.as_role(Role.AUDIT), pytest.raises(NoSuchStretch) as refused:
        exports.bounds(first, beyond)

    assert refused.value.facts == {"size": log}


@pytest.mark.django_db
def test_an_outsider_checks_every_file_in_an_empty_folder(log: int, tmp_path: Path) -> None:
    """The verifier stands alone: no Django, no package of ours, nothing beside it."""
    kept, files = tmp_path / "kept", tmp_path / "files"
    files.mkdir()
    shutil.copy(SCRIPT, files / "verify_log.py")
    with database.as_role(Role.AUDIT):
        call_command("audit", "prove", "2", "-o", str(kept))
        record(ALICE, "segment.create")
        sequence()
        call_command("audit", "export", "--from", "1", "--to", "4", "-o", str(files / "export"))
        call_command("audit", "consistency", str(kept), "-o", str(files / "growth"))
        call_command("audit", "prove", "2", "-o", str(files / "proof"))

    assert "is one of the 11" in alone(files, "proof")
    assert "3 entries are among the 11" in alone(files, "export", "--quiet")
    assert "of 11 entries only adds to its first 10" in alone(files, "growth", "--kept", str(kept))
    (files / "export").write_text((files / "export").read_text().replace("from 1", "from 2"))
    assert "NOT PROVED" in alone(files, "export", fails=True)
    assert "cannot be compared" in alone(files, "proof", "--kept", str(kept), fails=True)


@pytest.mark.django_db
def test_taking_an_export_by_command_is_on_the_record(
    log: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.as_role(Role.AUDIT):
        call_command("audit", "export", "--from", "8")
        with pytest.raises(CommandError, match="up to, not with, 10"):
            call_command("audit", "export", "--from", "10")

    assert len(verify_log.check_export(capsys.readouterr().out, signing.vkey()).entries) == 2
    assert inbox("actor, act, detail") == [("sys:command", "log.export", '{"beyond":10,"first":8}')]


def exported(first: int, beyond: int) -> str:
    with database.as_role(Role.AUDIT):
        return "".join(exports.export(first, beyond))


def alone(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run the verifier as an outsider does: isolated, and without our folders on its path."""
    done = subprocess.run(
        [sys.executable, "-I", "verify_log.py", *arguments, "--vkey", signing.vkey()],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 1) == fails, done.stderr
    return done.stdout + done.stderr
