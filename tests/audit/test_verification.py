"""Checks of the log on request and by the hour: carried out, told, kept."""

from datetime import timedelta
from uuid import UUID

import pytest

from audit import verification
from audit.inbox import record
from audit.sequencer import sequence
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from cdp.management.commands.sequencer import ASIDE, Aside
from tests.audit.conftest import ALICE
from tests.audit.logs import inbox, tamper
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def test_an_asked_check_is_carried_out_and_what_it_found_is_kept(log: int) -> None:
    asked = verification.ask(ALICE)
    assert verification.newest() is None

    assert carried_out() == 1

    found, run = verification.newest(), jobs.find(asked.id)
    assert found is not None
    assert (found.size, found.checkpoints, found.problem, found.run) == (log, 2, None, asked.id)
    assert (run.state, run.done, run.total) == (JobRun.State.SUCCEEDED, log, log)
    assert run.result == {"entries": log, "checkpoints": 2, "problem": ""}


def test_asking_again_while_one_waits_gives_the_same_run(log: int) -> None:
    asked = verification.ask(ALICE)

    assert verification.ask(ALICE).id == asked.id
    carried_out()
    assert verification.ask(ALICE).id != asked.id


def test_asking_and_finding_are_on_the_record(log: int) -> None:
    asked = verification.ask(ALICE)
    carried_out()

    assert inbox("actor, act, obj") == [
        (str(ALICE), "audit.verify", f"job:{asked.id}"),
        ("sys:sequencer", "log.check", f"job:{asked.id}"),
    ]


def test_what_does_not_fit_is_kept_with_its_place(log: int) -> None:
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 3")
    asked = verification.ask(ALICE)

    carried_out()

    found = verification.newest()
    assert found is not None
    assert found.problem is not None
    assert (found.problem.index, found.problem.reason) == (3, "altered")
    assert jobs.find(asked.id).result["problem"] == found.problem.text


def test_a_check_is_due_an_hour_after_the_newest_whoever_asked_for_it(log: int) -> None:
    done = []
    for minutes in (0, 59, 60, 100, 120):
        with clock.stopped(NOON + timedelta(minutes=minutes)), database.as_role(Role.AUDIT):
            done.append(verification.carry_out_due())

    assert done == [True, False, True, False, True]
    found = verification.newest()
    assert found is not None
    assert found.run is None


def test_a_long_log_is_read_whole_once_a_day_and_goes_on_from_there_between(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "SMALL", 1)
    began = []
    for hours in (0, 1, 2, 23, 24, 25):
        with clock.stopped(NOON + timedelta(hours=hours)), database.as_role(Role.AUDIT):
            verification.carry_out_due()
            found = verification.newest()
            assert found is not None
            began.append(found.since)
            record(ALICE, "segment.create")
            sequence()

    assert [since > 0 for since in began] == [False, True, True, True, False, True]
    assert began[1] == log


def test_after_something_was_found_the_next_check_reads_all(
    log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "SMALL", 1)
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = leaf || '\\x20' WHERE idx = 3")
    found = []
    for hours in (0, 1):
        with clock.stopped(NOON + timedelta(hours=hours)), database.as_role(Role.AUDIT):
            verification.carry_out_due()
            newest = verification.newest()
            assert newest is not None
            found.append((newest.since, newest.problem and newest.problem.index))

    assert found == [(0, 3), (0, 3)]


def test_a_run_whose_process_died_is_taken_over(log: int) -> None:
    asked = verification.ask(ALICE)
    with clock.stopped(NOON):
        JobRun.objects.filter(pk=asked.id).update(state=JobRun.State.RUNNING, heartbeat_at=NOON)
        with database.as_role(Role.AUDIT):
            assert verification.carry_out_asked() == 0

    with clock.stopped(NOON + jobs.LEASE + timedelta(seconds=1)):
        assert carried_out() == 1
    assert jobs.find(asked.id).state == JobRun.State.SUCCEEDED


def test_a_step_that_fails_is_tried_again_and_keeps_no_other_from_its_turn() -> None:
    made: list[str] = []

    def fail() -> None:
        made.append("failed")
        raise RuntimeError("no")

    aside = Aside((fail, lambda: made.append("next")))

    assert [aside.step(), aside.step()] == [False, False]
    assert made == ["failed", "next", "failed", "next"]


def test_the_second_thread_checks_the_log() -> None:
    assert ASIDE[:2] == (verification.carry_out_asked, verification.carry_out_due)


def test_a_check_goes_on_while_the_log_grows(log: int, workspace_id: UUID) -> None:
    record(ALICE, "segment.create")
    verification.ask(ALICE)
    carried_out()
    with database.as_role(Role.AUDIT):
        sequence()
    verification.ask(ALICE)

    carried_out()

    found = verification.newest()
    assert found is not None
    assert (found.size, found.problem) == (log + 3, None)


def carried_out() -> int:
    with database.as_role(Role.AUDIT):
        return verification.carry_out_asked()
