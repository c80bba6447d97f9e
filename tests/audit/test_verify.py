"""The whole log holds, or the first entry that does not is named."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from audit import anchors, checkpoint, leaf, merkle, queries, shelf, signing, tiles
from audit.checkpoint import Checkpoint
from audit.inbox import record
from audit.sequencer import sequence
from audit.verdict import Problem, Verdict
from audit.verify import NoSuchCheckpoint, verify
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE
from tests.audit.logs import execute, rows, tamper

pytestmark = pytest.mark.django_db


def test_a_log_that_nobody_touched_holds(log: int) -> None:
    record(ALICE, "segment.create")
    verdict = checked()

    assert verdict.problem is None
    assert (verdict.size, verdict.checkpoints, verdict.waiting) == (log, 2, 1)
    assert verdict.root == newest_root().hex()
    assert verdict.oldest_waiting.total_seconds() >= 0


def test_an_empty_log_holds(workspace_id: UUID) -> None:
    verdict = checked()

    assert (verdict.problem, verdict.size) == (None, 0)


def test_a_log_of_several_chunks_holds(workspace_id: UUID) -> None:
    grow(700)

    verdict = checked(chunk=256)

    assert (verdict.problem, verdict.size) == (None, 700)


def test_an_edited_entry_is_named(log: int) -> None:
    """Case 23: verify names the index."""
    tamper(
        "audit_leaf",
        "UPDATE audit_leaf SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'), "
        "'campaign:3', 'campaign:9'), 'UTF8') WHERE idx = 3",
    )

    assert problem() == Problem(3, "altered", "Entry 3 is not the one that was recorded.")


def test_one_edited_byte_in_a_later_chunk_is_named(workspace_id: UUID) -> None:
    """Case 23."""
    grow(700)
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 618")

    found = checked(chunk=256).problem

    assert found is not None
    assert (found.index, found.reason) == (618, "altered")


@pytest.mark.parametrize(
    "change",
    [
        "act = 'x'",
        "actor = 'op:9'",
        "purpose = 'x'",
        "obj = 'x'",
        "ref = NULL",
        "at = at + interval '1 s'",
        "inbox_id = inbox_id + 1000000",
        "workspace_id = NULL",
    ],
)
def test_an_edited_search_column_is_named(log: int, change: str) -> None:
    tamper("audit_entry", f"UPDATE audit_entry SET {change} WHERE idx = 7")

    assert named() == (7, "columns")


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf"])
def test_a_deleted_entry_is_named(log: int, table: str) -> None:
    """Case 24."""
    tamper(table, f"DELETE FROM {table} WHERE idx IN (4, 8)")

    assert named() == (4, "missing")


def test_entries_that_changed_places_are_named(log: int) -> None:
    """Case 24."""
    tamper(
        "audit_leaf",
        "UPDATE audit_leaf a SET leaf = b.leaf FROM audit_leaf b "
        "WHERE (a.idx, b.idx) IN ((2, 3), (3, 2))",
    )

    assert named() == (2, "altered")


def test_an_entry_edited_together_with_its_tile_is_found_by_the_signature(log: int) -> None:
    forge(7)

    found = problem()

    assert (found.index, found.reason) == (5, "root")  # signed as one batch: 5 to 9
    assert "from 5 to 9" in found.text


def test_a_rewritten_tree_is_found_though_its_root_was_replaced(log: int) -> None:
    forge(7)
    tree_root = merkle.root(log, shelf_as_auditor().node)
    tamper("audit_checkpoint", "UPDATE audit_checkpoint SET root = %s WHERE size = 10", tree_root)

    assert named() == (9, "signature")


def test_a_rewritten_and_signed_history_disagrees_with_its_anchor(log: int) -> None:
    """Case 25: the anchor file is an older checkpoint out of the thief's reach."""
    publish()
    forge(7)
    resign(log)

    assert named() == (9, "anchor")


def test_a_cut_off_end_disagrees_with_its_anchor(log: int) -> None:
    """Case 24: the last N gone together with their checkpoint."""
    publish()
    for table, size in (
        ("audit_entry", "idx"),
        ("audit_leaf", "idx"),
        ("audit_checkpoint", "size"),
    ):
        bound = 5 if size == "idx" else 6
        tamper(table, f"DELETE FROM {table} WHERE {size} >= {bound}")

    found = problem()

    assert (found.index, found.reason) == (4, "anchor")
    assert "10 entries" in found.text


def test_a_cut_off_end_without_its_checkpoint_is_named(log: int) -> None:
    tamper("audit_checkpoint", "DELETE FROM audit_checkpoint WHERE size = 10")

    assert named() == (5, "unsigned")


def test_an_entry_slipped_in_beyond_the_end_is_named(log: int) -> None:
    with database.as_role(Role.AUDIT):
        execute("INSERT INTO audit_leaf (idx, leaf) VALUES (12, '\\x00')")

    assert named() == (12, "unsigned")


def test_a_signature_by_a_stranger_is_named(log: int) -> None:
    stranger = checkpoint.Signer(signing.origin(), bytes(32))
    note = checkpoint.sign(Checkpoint(stranger.name, log, newest_root()), [stranger])
    tamper("audit_checkpoint", "UPDATE audit_checkpoint SET note = %s WHERE size = 10", note)

    assert named() == (9, "signature")


def test_an_upper_tile_that_does_not_fit_is_named(workspace_id: UUID) -> None:
    grow(600)
    tamper("audit_tile", "UPDATE audit_tile SET data = data || data WHERE level = 1")
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = set_byte(data, 32, get_byte(data, 32) # 1) WHERE level = 1",
    )

    assert named() == (0, "tile")


@pytest.mark.parametrize("since", [5, 10])
def test_only_what_came_after_a_checkpoint_is_read(log: int, since: int) -> None:
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 9")

    found = checked(since=since).problem

    # the walk begins at the border of a tile, so entries of the same tile are read again
    assert found is not None
    assert found.index == 9


def test_what_lies_in_earlier_tiles_is_taken_from_the_check_before(workspace_id: UUID) -> None:
    grow(600)
    grow(300)
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 100")
    assert named() == (100, "altered")

    verdict = checked(since=600)

    assert (verdict.problem, verdict.size, verdict.since) == (None, 900, 600)
    assert verdict.checkpoints == 2  # the one it begins with and the newest


@pytest.mark.parametrize("sizes", [(512, 100), (700, 1), (255, 2), (256, 256)])
def test_whatever_is_new_is_found_wherever_the_walk_begins(
    workspace_id: UUID, sizes: tuple[int, int]
) -> None:
    before, more = sizes
    grow(before)
    grow(more)
    assert checked(since=before).problem is None
    tamper(
        "audit_leaf",
        "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = %s",
        before + more - 1,
    )

    found = checked(since=before).problem

    assert found is not None
    assert (found.index, found.reason) == (before + more - 1, "altered")


def test_an_earlier_checkpoint_that_the_tiles_do_not_lead_to_is_found(workspace_id: UUID) -> None:
    grow(600)
    grow(300)
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = set_byte(data, 3, get_byte(data, 3) # 1) "
        "WHERE level = 1 AND n = 0",
    )

    found = checked(since=600).problem

    assert found is not None
    assert (found.index, found.reason) == (600, "root")


def test_a_size_that_was_never_signed_is_refused(
    log: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.as_role(Role.AUDIT):
        with pytest.raises(NoSuchCheckpoint, match="no checkpoint of 7 entries"):
            verify(since=7)
        with pytest.raises(CommandError) as refused:
            call_command("verify_audit", "--since", "7")
        call_command("verify_audit", "--since", "5")

    assert refused.value.returncode == 2
    assert "10 entries from entry 5 on, 2 checkpoints" in capsys.readouterr().out


def test_a_clock_that_went_back_is_told_and_the_order_is_by_number(
    log: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Case 33: the entry keeps its place; that its time runs backward is counted."""
    with database.as_role(Role.OWNER):  # nobody else can choose a time
        execute(
            "INSERT INTO audit_inbox (at, actor, act) "
            "VALUES (clock_timestamp() - interval '3 s', 'op:1', 'clock.back')"
        )
    with database.as_role(Role.AUDIT):
        sequence()
        assert queries.find(log).act == "clock.back"
        call_command("verify_audit")

    assert (checked().problem, checked().backward) == (None, 1)
    assert "1 entries bear an earlier time" in capsys.readouterr().out


def test_a_slow_writer_is_no_clock_that_went_back(log: int) -> None:
    with database.as_role(Role.OWNER):  # its number was given out, and its time, before the others'
        execute(
            "INSERT INTO audit_inbox (id, at, actor, act) OVERRIDING SYSTEM VALUE "
            "VALUES (-1, clock_timestamp() - interval '1 h', 'op:1', 'slow.write')"
        )
    with database.as_role(Role.AUDIT):
        sequence()

    assert (checked().problem, checked().backward) == (None, 0)


def test_the_command_names_the_entry_and_fails(
    log: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.as_role(Role.AUDIT):
        call_command("verify_audit")
        assert "The log holds. 10 entries" in capsys.readouterr().out
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = '\\x00' WHERE idx = 3")

    with database.as_role(Role.AUDIT), pytest.raises(CommandError, match="Entry 3") as failed:
        call_command("verify_audit", "--json")

    assert failed.value.returncode == 1
    assert json.loads(capsys.readouterr().out)["problem"]["index"] == 3


def test_a_log_that_cannot_be_checked_is_not_said_to_be_broken(
    log: int, settings: Settings, tmp_path: Path
) -> None:
    settings.KEYRING = tmp_path / "gone.json"

    with database.as_role(Role.AUDIT), pytest.raises(CommandError) as failed:
        call_command("verify_audit")

    assert failed.value.returncode == 2


def checked(chunk: int = 256, *, since: int = 0) -> Verdict:
    with database.as_role(Role.AUDIT):
        return verify(chunk=chunk, since=since)


def problem() -> Problem:
    found = checked().problem
    assert found is not None
    return found


def named() -> tuple[int, str]:
    found = problem()
    return found.index, found.reason


def publish() -> None:
    with database.as_role(Role.AUDIT):
        anchors.publish()


def newest_root() -> bytes:
    with database.as_role(Role.AUDIT):
        newest = shelf.newest_checkpoint()
    assert newest is not None
    return newest.root


def grow(count: int) -> None:
    execute(
        "INSERT INTO audit_inbox (actor, act) SELECT 'op:1', 'a.' || n "
        "FROM generate_series(1, %s) n",
        count,
    )
    with database.as_role(Role.AUDIT):
        sequence()


def shelf_as_auditor() -> tiles.Tiles:
    with database.as_role(Role.AUDIT):
        return shelf.tiles(tiles.right_edge(10))


def forge(index: int) -> None:
    """Edit an entry, its search columns and its hash in the tile."""
    with database.as_role(Role.AUDIT):
        raw = rows("SELECT leaf FROM audit_leaf WHERE idx = %s", index)[0][0]
    forged = bytes(raw).replace(b"vault.open", b"vault.shut")
    assert leaf.decode(forged).act == "vault.shut"
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = %s WHERE idx = %s", forged, index)
    tamper("audit_entry", "UPDATE audit_entry SET act = 'vault.shut' WHERE idx = %s", index)
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = overlay(data placing %s from %s) WHERE level = 0",
        merkle.leaf_hash(forged),
        index * 32 + 1,
    )


def resign(size: int) -> None:
    """Sign the stored tree with the log's own key, as someone who stole it would."""
    root = merkle.root(size, shelf_as_auditor().node)
    signers = signing.signers()
    note = checkpoint.sign(Checkpoint(signers[0].name, size, root), signers)
    tamper(
        "audit_checkpoint",
        "UPDATE audit_checkpoint SET root = %s, note = %s WHERE size = %s",
        root,
        note,
        size,
    )
