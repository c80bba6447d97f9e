"""Refreshing and counting as job runs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from celery import Task

from audit.actors import Actor
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from profiles.segments import tasks
from profiles.segments.create import create_segment
from profiles.segments.models import Segment
from profiles.segments.rules import RuleRefused
from tests.people import EVERYTHING, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ALICE = Actor.system("alice")
RULE = {
    "version": 1,
    "where": {"event": "Order Completed", "measure": "count", "op": "ge", "value": 1},
}


def make(name: str = "Buyers") -> Segment:
    with database.as_role(Role.WEB):
        return create_segment(name, rule=RULE, actor=ALICE)


def work_off(task: Any, shop: Shop, **arguments: str) -> None:
    """Run a task as a worker would, with arguments that survived JSON."""
    assert isinstance(task, Task)
    sent = {"workspace_id": str(shop.workspace.pk), **arguments}
    task(**json.loads(json.dumps(sent)))


def test_a_refresh_is_a_run_with_its_change_as_result(shop: Shop) -> None:
    shop.sell(shop.welcome("mei", says=EVERYTHING), 10)
    segment = make()
    run = tasks.start_refresh(segment.pk, actor=ALICE)

    work_off(tasks.refresh_segment, shop, run_id=str(run.pk), segment_id=str(segment.pk))

    done = jobs.find(run.pk)
    assert (done.state, done.done, done.total) == (JobRun.State.SUCCEEDED, 1, 1)
    assert done.result == {"size": 1, "entered": 1, "left": 0, "refused": 0}
    assert done.params["name"] == "Buyers"


def test_a_second_copy_of_a_refresh_changes_nothing(shop: Shop) -> None:
    segment = make()
    run = tasks.start_refresh(segment.pk, actor=ALICE)
    arguments = {"run_id": str(run.pk), "segment_id": str(segment.pk)}
    work_off(tasks.refresh_segment, shop, **arguments)
    ended_at = jobs.find(run.pk).ended_at
    shop.sell(shop.welcome("mei", says=EVERYTHING), 10)

    work_off(tasks.refresh_segment, shop, **arguments)

    segment.refresh_from_db()
    assert (jobs.find(run.pk).ended_at, segment.size) == (ended_at, 0)


def test_a_count_ends_with_numbers_alone(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 10)
    with database.as_role(Role.WEB):
        run = tasks.start_count(RULE, actor=ALICE)

    work_off(tasks.count_rule, shop, run_id=str(run.pk))

    done = jobs.find(run.pk)
    assert done.result == {
        "population": 1, "match": 1, "unknown": 0, "consented": 1, "reachable": 1,
        "leaves": [{"path": "where", "match": 1, "unknown": 0}],
    }  # fmt: skip
    assert str(mei.subject) not in json.dumps([done.result, done.params])


def test_an_unreadable_rule_starts_no_count(shop: Shop) -> None:
    with pytest.raises(RuleRefused):
        tasks.start_count({"version": 1, "where": {}}, actor=ALICE)

    assert not JobRun.objects.exists()


def test_a_tick_starts_what_is_due_once(shop: Shop) -> None:
    """Case 44."""
    due, later = make("Due"), make("Later")
    Segment.objects.filter(pk=later.pk).update(due_at=clock.now() + timedelta(minutes=1))

    tasks.refresh_due()
    tasks.refresh_due()

    started = JobRun.objects.filter(kind="refresh_segment")
    assert [run.params["segment_id"] for run in started] == [str(due.pk)]


def test_a_refresh_that_got_lost_is_started_again(shop: Shop) -> None:
    make()
    tasks.refresh_due()

    with clock.stopped(clock.now() + timedelta(minutes=16)):
        tasks.refresh_due()

    assert JobRun.objects.filter(kind="refresh_segment").count() == 2


def test_an_archived_empty_segment_is_left_alone(shop: Shop) -> None:
    segment = make()
    Segment.objects.filter(pk=segment.pk).update(archived_at=clock.now(), size=0)

    tasks.refresh_due()

    assert not JobRun.objects.exists()
