"""Job runs of training and scoring."""

from typing import Any

import pytest

from audit.actors import Actor
from cdp.kernel import jobs
from cdp.kernel.models import JobRun, Workspace
from profiles.scoring import tasks
from tests.people import Shop
from tests.profiles.scoring.conftest import Crowd, stored_scores

ALICE = Actor.system("alice")
State = JobRun.State


def work_off(run: JobRun, workspace: Workspace) -> JobRun:
    """Run a run's task as a worker would, with arguments that survived JSON."""
    task: Any = tasks.train_model if run.kind.startswith("train") else tasks.score_people
    task(run_id=str(run.id), workspace_id=str(workspace.pk))
    return jobs.find(run.id)


def test_training_ends_with_a_live_version_and_starts_scoring(
    crowd: Crowd, workspace: Workspace
) -> None:
    run = work_off(tasks.start_training("coupon_response", actor=ALICE), workspace)

    assert (run.state, run.result) == (
        State.SUCCEEDED,
        {"model": "coupon_response", "number": 1, "is_live": True},
    )
    assert (run.done, run.total) == (3, 3)
    scoring = JobRun.objects.get(kind="score_coupon_response")
    assert scoring.actor == f"job:train_coupon_response/{run.id}"

    done = work_off(scoring, workspace)

    assert done.result == {"model": "coupon_response", "scored": 110, "skipped": {}}
    assert len(stored_scores("coupon_response")) == 110


def test_a_second_copy_of_a_task_changes_nothing(crowd: Crowd, workspace: Workspace) -> None:
    run = work_off(tasks.start_scoring("rfm", actor=ALICE), workspace)
    before = stored_scores("rfm")

    again = work_off(run, workspace)

    assert again.ended_at == run.ended_at
    assert stored_scores("rfm") == before
    assert len(before) == 110


def test_a_canceled_run_stops_and_says_so(crowd: Crowd, workspace: Workspace) -> None:
    run = tasks.start_scoring("rfm", actor=ALICE)
    jobs.cancel(run.id)

    assert work_off(run, workspace).state == State.CANCELED


def test_a_failure_keeps_its_reason(shop: Shop, workspace: Workspace, at_noon: object) -> None:
    run = tasks.start_training("coupon_response", actor=ALICE)

    with pytest.raises(Exception, match="Learning needs"):
        work_off(run, workspace)

    failed = jobs.find(run.id)
    assert (failed.state, failed.reason) == (State.FAILED, "too_few_examples")


def test_the_schedule_starts_each_job_once(crowd: Crowd, workspace: Workspace) -> None:
    for _ in range(2):
        tasks.train_due()
        tasks.score_due()

    started = sorted(JobRun.objects.values_list("kind", flat=True))
    assert started == ["score_rfm", "train_coupon_response"]  # nothing is live to score with yet
