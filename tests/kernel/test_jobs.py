"""Job runs: begun once, canceled when asked, taken over when abandoned, ended with a reason."""

from datetime import timedelta
from uuid import UUID

import pytest

from cdp.kernel import clock, jobs
from cdp.kernel.errors import CdpError
from cdp.kernel.jobs import AlreadyRunning, AlreadyScheduled, RunningJob
from cdp.kernel.models import JobRun, Workspace

ALICE = "op:0198c0de-0000-7000-8000-0000000000a1"


class TeaSpilled(CdpError):
    """Something that can be anticipated in a kitchen."""

    code = "tea_spilled"


@pytest.fixture
def run(workspace: Workspace) -> UUID:
    """Return a queued run."""
    return jobs.start("tea.pour", actor=ALICE, params={"cups": 3}, total=3).pk


def test_a_run_goes_from_queued_to_succeeded_with_its_result(run: UUID) -> None:
    assert jobs.find(run).state == "queued"

    with jobs.running(run) as job:
        job.advance(done=2, phase="pouring")
        halfway = jobs.find(run)
        job.finish(cups=3)

    ended = jobs.find(run)
    assert (halfway.state, halfway.done, halfway.phase) == ("running", 2, "pouring")
    assert (ended.state, ended.result, ended.reason) == ("succeeded", {"cups": 3}, "")
    assert ended.started_at is not None and ended.ended_at is not None
    assert (job.params, job.actor, job.name) == ({"cups": 3}, ALICE, f"job:tea.pour/{run}")


def test_a_run_that_is_under_way_is_not_begun_again(run: UUID) -> None:
    """Case 39: a copy that the broker hands out again."""
    with jobs.running(run), pytest.raises(AlreadyRunning), jobs.running(run):
        pytest.fail("the run was begun twice")

    assert jobs.find(run).state == "succeeded"


@pytest.mark.parametrize("end", ["succeeded", "failed", "canceled"])
def test_a_run_that_is_over_is_not_begun_again(end: str, run: UUID) -> None:
    JobRun.objects.filter(pk=run).update(state=end)

    with pytest.raises(AlreadyRunning), jobs.running(run):
        pytest.fail("the run was begun again")


def test_a_canceled_run_stops_at_its_next_step_and_keeps_what_is_finished(run: UUID) -> None:
    reached: list[str] = []

    with jobs.running(run) as job:
        job.advance(done=1)
        job.finish(cups=1)
        assert jobs.cancel(run)
        job.advance(done=2)
        reached.append("after the step")

    ended = jobs.find(run)
    assert reached == []
    assert (ended.state, ended.reason, ended.done) == ("canceled", "canceled", 2)
    assert ended.result == {"cups": 1}
    assert not jobs.cancel(run), "it is over already"


def test_an_anticipated_failure_keeps_its_code_and_its_sentence(run: UUID) -> None:
    with pytest.raises(TeaSpilled), jobs.running(run):
        raise TeaSpilled("Mop the floor first.")

    ended = jobs.find(run)
    assert (ended.state, ended.reason) == ("failed", "tea_spilled")
    assert ended.explanation == "Mop the floor first."


def test_an_unexpected_failure_keeps_its_kind_and_never_its_text(run: UUID) -> None:
    with pytest.raises(ValueError, match="canary"), jobs.running(run):
        raise ValueError("ann.canary.7f3a@example.com")

    ended = jobs.find(run)
    assert (ended.state, ended.reason, ended.explanation) == ("failed", "unexpected", "ValueError")


def _begin(run: UUID) -> RunningJob:
    """Begin a run and never come back, like a worker that was killed."""
    return jobs.running(run).__enter__()


def test_an_abandoned_run_is_taken_over_once_its_lease_ran_out(run: UUID) -> None:
    begun_at = clock.now()
    with clock.stopped(begun_at):
        _begin(run)

    with (
        clock.stopped(begun_at + jobs.LEASE),
        pytest.raises(AlreadyRunning),
        jobs.running(run),
    ):
        pytest.fail("the run was taken from a worker that may live")
    with clock.stopped(begun_at + jobs.LEASE + timedelta(seconds=1)), jobs.running(run) as job:
        job.finish(cups=3)

    assert jobs.find(run).state == "succeeded"


def test_progress_renews_the_lease(run: UUID) -> None:
    begun_at = clock.now()
    with clock.stopped(begun_at):
        job = _begin(run)
    with clock.stopped(begun_at + timedelta(seconds=60)):
        job.advance(done=1)

    with (
        clock.stopped(begun_at + timedelta(seconds=120)),
        pytest.raises(AlreadyRunning),
        jobs.running(run),
    ):
        pytest.fail("the run was taken from a worker that lives")


def test_a_tick_of_the_schedule_has_one_run_of_a_kind(workspace: Workspace) -> None:
    """Case 44."""
    tick = clock.now()
    jobs.start("tea.pour", actor=ALICE, scheduled_for=tick)

    with pytest.raises(AlreadyScheduled):
        jobs.start("tea.pour", actor=ALICE, scheduled_for=tick)

    jobs.start("tea.brew", actor=ALICE, scheduled_for=tick)
    jobs.start("tea.pour", actor=ALICE, scheduled_for=tick + timedelta(minutes=1))
    assert len(jobs.newest()) == 3
