"""Checkpoints outside the database: complete, in order, and a restore does not go unseen."""

from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from audit import anchors, origins, shelf, signing
from audit.anchors import LogForked
from audit.inbox import record
from audit.sequencer import sequence
from audit.verify import verify
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE
from tests.audit.logs import tamper

pytestmark = pytest.mark.django_db


def test_each_checkpoint_is_anchored_after_its_commit(
    workspace_id: UUID, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for _ in range(2):
        record(ALICE, "segment.create")
        with (
            database.as_role(Role.AUDIT),
            django_capture_on_commit_callbacks(execute=True),
        ):
            sequence()
            assert anchors.newest() is None or len(list(anchors.anchored())) == 1

    with database.as_role(Role.AUDIT):
        assert list(anchors.anchored()) == shelf.checkpoints(limit=10)


def test_what_a_kill_left_out_is_anchored_by_the_next(log: int) -> None:
    with database.as_role(Role.AUDIT):
        assert anchors.publish() == 2
        assert anchors.publish() == 0
        assert [signed.size for signed in anchors.anchored()] == [5, 10]


def test_a_line_torn_by_a_crash_is_passed_over_and_set_apart(log: int) -> None:
    with database.as_role(Role.AUDIT):
        anchors.publish()
        whole = anchors.path().read_bytes()
        anchors.path().write_bytes(whole[:-20])

        assert anchors.newest() == shelf.checkpoints(limit=1)[0]
        anchors.publish()

        assert [signed.size for signed in anchors.anchored()] == [5, 10]


def test_the_log_that_was_anchored_goes_on(log: int) -> None:
    with database.as_role(Role.AUDIT):
        anchors.check()
        anchors.publish()
        anchors.check()


def test_an_older_database_is_refused(log: int) -> None:
    with database.as_role(Role.AUDIT):
        anchors.publish()
    restore_older()

    with database.as_role(Role.AUDIT):
        with pytest.raises(LogForked, match="10 entries"):
            anchors.check()
        with pytest.raises(CommandError, match="new-origin"):
            call_command("sequencer", "--once")


def test_an_accepted_restore_goes_on_under_a_new_name(log: int, own_keyring: Path) -> None:
    with database.as_role(Role.AUDIT):
        anchors.publish()
    restore_older()
    former = signing.vkey()

    with database.as_role(Role.AUDIT):
        vkey = origins.begin_origin("Restored the backup of Tuesday.")
        anchors.check()
        sequence()
        anchors.publish()
        newest = shelf.newest_checkpoint()
        verdict = verify()

    assert newest is not None
    assert newest.note.startswith("candor.test/audit/2\n6\n")
    assert vkey != former
    assert vkey.startswith("candor.test/audit/2+")
    assert verdict.problem is None
    assert [path.name for path in anchors.path().parent.glob("checkpoints-*")] == [
        "checkpoints-10.ndjson"
    ]


def restore_older() -> None:
    """Bring the database back to where its first checkpoint left it."""
    tamper("audit_checkpoint", "DELETE FROM audit_checkpoint WHERE size = 10")
    tamper("audit_entry", "DELETE FROM audit_entry WHERE idx >= 5")
    tamper("audit_leaf", "DELETE FROM audit_leaf WHERE idx >= 5")
    tamper("audit_tile", "UPDATE audit_tile SET data = substring(data from 1 for 160)")
