"""Operators are told of their own jobs that failed, once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from cdp.accounts import notifications
from cdp.accounts.models import Operator
from cdp.accounts.tasks import tell_of_failed_jobs
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role

Run = Callable[..., JobRun]


@pytest.fixture
def alice(workspace: Workspace) -> UUID:
    with database.as_role(Role.WEB):
        made: Operator = Operator.objects.create(email="alice@shop.example", name="Alice")
    return made.pk


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Return a way to make a job run of an actor that ended in a state, some time ago."""

    def make(actor: str, state: JobRun.State, *, ago: timedelta = timedelta(0)) -> JobRun:
        made = jobs.start("refresh_segment", actor=actor)
        ended_at = clock.now() - ago
        JobRun.objects.filter(pk=made.pk).update(
            state=state, ended_at=ended_at, explanation="TimeoutError"
        )
        return made

    return make


def lines(of: UUID) -> list[tuple[str, dict[str, str]]]:
    with database.as_role(Role.WEB):
        return [(line.obj, line.params) for line in notifications.newest(of)]


def test_a_failed_job_is_told_to_whoever_started_it_once(alice: UUID, run: Run) -> None:
    failed = run(f"op:{alice}", JobRun.State.FAILED)

    tell_of_failed_jobs()
    tell_of_failed_jobs()

    params = {"job": "refresh_segment", "reason": "TimeoutError"}
    assert lines(alice) == [(f"job:{failed.pk}", params)]


@pytest.mark.parametrize("state", [JobRun.State.SUCCEEDED, JobRun.State.CANCELED])
def test_what_did_not_fail_is_not_told(alice: UUID, run: Run, state: JobRun.State) -> None:
    run(f"op:{alice}", state)

    tell_of_failed_jobs()

    assert lines(alice) == []


def test_jobs_of_the_schedule_and_of_long_ago_are_nobodys_news(alice: UUID, run: Run) -> None:
    run("sys:schedule", JobRun.State.FAILED)
    run(f"op:{alice}", JobRun.State.FAILED, ago=timedelta(days=2))

    tell_of_failed_jobs()

    assert lines(alice) == []
