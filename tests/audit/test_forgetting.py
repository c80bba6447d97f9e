"""Old detail goes, its hash stays; a check accepts what the log says went, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from audit import exports, forgetting, proofs, queries, signing, verify_log
from audit.forgetting import CheckRunning, NothingToForget, Stretch, TooYoung
from audit.inbox import record
from audit.proofs import NoSuchEntry
from audit.sequencer import sequence
from audit.verify import Verdict, verify
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE
from tests.audit.logs import execute, inbox, rows, tamper

pytestmark = pytest.mark.django_db

CUT = datetime(2025, 1, 1, tzinfo=UTC)
OLD, ALL = 6, 10


@pytest.fixture
def old_log(workspace_id: UUID) -> int:
    """Six entries of 2024, `segment.edit` and `vault.open` by turns, then four of now."""
    with database.as_role(Role.OWNER):  # nobody else can choose the time
        for number in range(OLD):
            execute(
                "INSERT INTO audit_inbox (at, actor, act, obj, detail, workspace_id) "
                "VALUES ('2024-06-01', 'op:1', %s, %s, 'said', %s)",
                "vault.open" if number % 2 else "segment.edit",
                f"thing:{number}",
                workspace_id,
            )
    for _ in range(ALL - OLD):
        record(ALICE, "segment.create")
    sequenced()
    return ALL


def test_old_detail_goes_and_the_log_still_holds(old_log: int) -> None:
    assert forgotten(CUT) == OLD

    verdict = checked()
    assert (verdict.problem, verdict.size, verdict.dropped) == (None, ALL + 1, OLD)
    assert leaves() == list(range(OLD, ALL + 1))


def test_what_went_is_an_entry_by_name_and_digest(old_log: int) -> None:
    planned = plan(CUT)
    forgotten(CUT)

    with database.as_role(Role.AUDIT):
        line = queries.find(ALL)
        assert forgetting.told() == [planned]
    assert (line.act, line.obj) == ("log.forget", f"entries:0-{OLD}:")
    assert planned.digest in line.detail
    assert len(planned.digest) == 64


def test_only_acts_of_one_kind_may_go(old_log: int) -> None:
    assert forgotten(CUT, act="vault") == 3

    assert leaves() == [0, 2, 4, *range(OLD, ALL + 1)]
    assert checked().dropped == 3
    assert forgotten(CUT) == 3
    assert (checked().problem, checked().dropped) == (None, OLD)


def test_time_act_and_object_stay_and_are_shown_without_detail(old_log: int) -> None:
    forgotten(CUT)

    line = queries.find(1)
    assert (line.act, line.obj, str(line.actor)) == ("vault.open", "thing:1", "op:1")
    assert (line.detail, line.is_readable, line.is_dropped) == ("", False, True)
    assert queries.find(OLD).is_readable
    with database.as_role(Role.AUDIT), pytest.raises(NoSuchEntry, match="detail was dropped"):
        proofs.prove(1)


def test_a_proof_taken_earlier_goes_on_holding(old_log: int) -> None:
    with database.as_role(Role.AUDIT):
        kept = proofs.prove(1)
    forgotten(CUT)

    assert verify_log.check(kept, signing.vkey())["obj"] == "thing:1"
    with database.as_role(Role.AUDIT):
        assert proofs.verify_proof(proofs.prove(OLD), signing.vkey()).index == OLD


def test_an_export_holds_the_hash_in_its_place(old_log: int) -> None:
    forgotten(CUT)

    with database.as_role(Role.AUDIT):
        text = "".join(exports.export(4, 8))

    told = verify_log.check_export(text, signing.vkey())
    assert (sorted(told.entries), told.unreadable) == ([6, 7], 2)


def test_another_entry_that_is_gone_is_missed(old_log: int) -> None:
    forgotten(CUT, act="vault")
    tamper("audit_leaf", "DELETE FROM audit_leaf WHERE idx = 2")

    found = checked().problem
    assert found is not None
    assert (found.index, found.reason) == (2, "missing")


def test_the_entry_that_says_so_is_missed_itself(old_log: int) -> None:
    forgotten(CUT)
    tamper("audit_leaf", "DELETE FROM audit_leaf WHERE idx = 10")

    found = checked().problem
    assert found is not None
    assert (found.index, found.reason) == (0, "missing")


@pytest.mark.parametrize(
    "change", ["act = 'vault.shut'", "actor = 'op:9'", "obj = 'x'", "at = at - interval '1 day'"]
)
def test_what_stays_of_a_dropped_entry_cannot_be_changed(old_log: int, change: str) -> None:
    forgotten(CUT)
    tamper("audit_entry", f"UPDATE audit_entry SET {change} WHERE idx = 3")

    found = checked().problem
    assert found is not None
    assert (found.index, found.reason) == (0, "columns")


def test_a_dropped_entry_cannot_go_as_a_whole(old_log: int) -> None:
    forgotten(CUT)
    tamper("audit_entry", "DELETE FROM audit_entry WHERE idx = 3")

    found = checked().problem
    assert found is not None
    assert (found.index, found.reason) == (3, "missing")


def test_a_hash_that_was_changed_where_the_detail_went_is_found(old_log: int) -> None:
    forgotten(CUT)
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = set_byte(data, 40, get_byte(data, 40) # 1) WHERE level = 0",
    )

    found = checked().problem
    assert found is not None
    assert found.reason == "root"


def test_what_another_login_says_went_is_not_believed(old_log: int) -> None:
    planned = plan(CUT)
    with database.as_role(Role.OWNER):  # as an application login would write it
        execute(
            "INSERT INTO audit_inbox (actor, db_role, act, obj, detail) VALUES "
            "('op:1', 'cdp_web', 'log.forget', %s, %s)",
            f"entries:0-{OLD}:",
            f'{{"first":0,"beyond":{OLD},"act":"","entries":6,"digest":"{planned.digest}"}}',
        )
    sequenced()
    tamper("audit_leaf", "DELETE FROM audit_leaf WHERE idx = 3")

    found = checked().problem
    assert found is not None
    assert (found.index, found.reason) == (3, "missing")
    with database.as_role(Role.AUDIT):
        assert forgetting.told() == []


@pytest.mark.parametrize(
    "stretch", ["0, 6, '', 'entries:0-6:'", "0, 10, 'log', 'entries:0-10:log'", "0, 6, 'x', ''"]
)
def test_the_database_drops_nothing_that_the_log_does_not_name(old_log: int, stretch: str) -> None:
    with (
        database.as_role(Role.AUDIT),
        pytest.raises(DatabaseError, match="no entry of the log names this"),
        transaction.atomic(),
    ):
        execute(f"SELECT audit_forget({stretch})")


def test_the_database_keeps_what_is_young_and_what_the_log_says_of_itself(old_log: int) -> None:
    forgotten(CUT)
    with database.as_role(Role.AUDIT):
        record(ALICE, "log.forget", obj="entries:0-11:")
        sequence()
        assert rows("SELECT audit_forget(0, 11, '', 'entries:0-11:')") == [(0,)]

    assert leaves() == list(range(OLD, ALL + 2))


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER, Role.PORTAL, Role.API])
def test_no_other_login_drops_anything(old_log: int, role: Role) -> None:
    for call in ("SELECT audit_forget(0, 1, '', '')", "DELETE FROM audit_leaf"):
        with (
            database.as_role(role),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            execute(call)


def test_detail_of_the_last_days_stays(old_log: int) -> None:
    with pytest.raises(TooYoung):
        plan(clock.now() - timedelta(days=29))
    assert plan(clock.now() - timedelta(days=31)).beyond == OLD


def test_nothing_is_old_enough(old_log: int) -> None:
    with pytest.raises(NothingToForget):
        plan(datetime(2024, 1, 1, tzinfo=UTC))
    forgotten(CUT)
    with pytest.raises(NothingToForget):
        plan(CUT)


def test_a_run_that_was_stopped_halfway_is_finished_by_the_next(old_log: int) -> None:
    planned = plan(CUT)
    with database.as_role(Role.AUDIT):
        forgetting.say(ALICE, planned)
    sequenced()
    assert checked().problem is None
    assert leaves() == list(range(ALL + 1))

    with database.as_role(Role.AUDIT):
        call_command("audit", "forget-detail", "--before", "2025-01-01", "--yes")

    assert leaves() == list(range(OLD, ALL + 1))
    assert checked().dropped == OLD


def test_nothing_goes_under_the_hands_of_a_check(old_log: int) -> None:
    with database.as_role(Role.AUDIT):
        forgetting.say(ALICE, plan(CUT))
    sequenced()
    other = connections["default"].copy()
    try:
        with other.cursor() as elsewhere:
            elsewhere.execute("SELECT pg_advisory_lock_shared(%s)", [forgetting.LOCK])

            with database.as_role(Role.AUDIT), pytest.raises(CheckRunning), transaction.atomic():
                forgetting.carry_out()

            elsewhere.execute("SELECT pg_advisory_unlock_shared(%s)", [forgetting.LOCK])
    finally:
        other.close()
    with database.as_role(Role.AUDIT):
        assert forgetting.carry_out() == OLD


def test_a_log_of_a_single_old_entry_may_forget_it(workspace_id: UUID) -> None:
    with database.as_role(Role.OWNER):
        execute(
            "INSERT INTO audit_inbox (at, actor, act, workspace_id) "
            "VALUES ('2024-06-01', 'op:1', 'segment.edit', %s)",
            workspace_id,
        )
    sequenced()

    assert forgotten(CUT) == 1


def test_the_command_tells_first_and_does_it_when_told(
    old_log: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with database.as_role(Role.AUDIT):
        call_command("audit", "forget-detail", "--before", "2025-01-01", "--act", "vault")
        assert "3 entries from 0 to 5 would be dropped" in capsys.readouterr().out
        assert inbox("act") == []
        assert leaves() == list(range(ALL))

        call_command("audit", "forget-detail", "--before", "2025-01-01", "--yes")
        assert "of 6 entries was dropped" in capsys.readouterr().out
        call_command("verify_audit")

        with pytest.raises(CommandError, match="30 days"):
            call_command("audit", "forget-detail", "--before", clock.now().date().isoformat())
        with pytest.raises(CommandError, match="2026-01-31"):
            call_command("audit", "forget-detail", "--before", "yesterday")
    assert "The detail of 6 entries was dropped, as the log says." in capsys.readouterr().out


def sequenced() -> None:
    with database.as_role(Role.AUDIT):
        sequence()


def plan(before: datetime, *, act: str = "") -> Stretch:
    with database.as_role(Role.AUDIT):
        return forgetting.plan(before, act=act)


def forgotten(before: datetime, *, act: str = "") -> int:
    with database.as_role(Role.AUDIT):
        return forgetting.forget(ALICE, forgetting.plan(before, act=act))


def leaves() -> list[int]:
    with database.as_role(Role.AUDIT):
        return [index for (index,) in rows("SELECT idx FROM audit_leaf ORDER BY idx")]


def checked() -> Verdict:
    with database.as_role(Role.AUDIT):
        return verify(chunk=256)
