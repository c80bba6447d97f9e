"""Refreshing segments and counting rules as job runs, and the verbs that start them."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import Q

from audit.actors import Actor
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.models import JobRun
from profiles.segments.estimate import EMAIL, count
from profiles.segments.find import find_segment
from profiles.segments.matching import PURPOSE
from profiles.segments.models import Segment
from profiles.segments.refresh import refresh
from profiles.segments.rules import document, parse

REFRESH, COUNT = "refresh_segment", "count_rule"
SCHEDULE = Actor.system("schedule")
RETRY = timedelta(minutes=15)  # a refresh that got lost is due again


def start_refresh(segment_id: UUID, *, actor: object) -> JobRun:
    """
    Start a job run that refreshes one segment.

    :raises NoSuchSegment: there is none in this workspace
    """
    segment = find_segment(segment_id)
    params = {"segment_id": str(segment.pk), "name": segment.name}
    run = jobs.start(REFRESH, actor=actor, params=params, purpose=PURPOSE, total=1)
    _enqueue(refresh_segment, run, segment_id=str(segment.pk))
    return run


def start_count(rule: object, *, actor: object, purpose_key: str = EMAIL) -> JobRun:
    """
    Start a job run that counts a rule; its result holds numbers only.

    Keys of the result: population, match, unknown, consented, reachable, and leaves with path,
    match and unknown of each.

    :raises RuleRefused: `rule` does not read
    """
    params = {"rule": document(parse(rule)), "purpose_key": purpose_key}
    run = jobs.start(COUNT, actor=actor, params=params, purpose=PURPOSE, total=1)
    _enqueue(count_rule, run)
    return run


@shared_task(acks_late=True, reject_on_worker_lost=True)
def refresh_segment(*, run_id: str, workspace_id: str, segment_id: str) -> None:
    """Refresh one segment; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        try:
            with jobs.running(UUID(run_id)) as run:
                actor = Actor.job(run.kind, run.id)
                change = refresh(UUID(segment_id), as_of=clock.now(), actor=actor, job=run.id)
                run.advance(done=1, total=1)
                run.finish(**asdict(change))
        except jobs.AlreadyRunning:
            return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def count_rule(*, run_id: str, workspace_id: str) -> None:
    """Count a rule from match to reachable; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        try:
            with jobs.running(UUID(run_id)) as run:
                funnel = count(
                    parse(run.params["rule"]),
                    purpose_key=run.params["purpose_key"],
                    as_of=clock.now(),
                    actor=Actor.job(run.kind, run.id),
                    job=run.id,
                )
                run.advance(done=1)
                run.finish(**asdict(funnel))
        except jobs.AlreadyRunning:
            return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def refresh_due() -> None:
    """Start a refresh of each segment that is due, in every workspace."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            for segment_id in _claim_due():
                start_refresh(segment_id, actor=SCHEDULE)


def _claim_due() -> list[UUID]:
    """Return the due segments and put them off, so that the next tick leaves them alone."""
    now = clock.now()
    due = Segment.objects.filter(
        Q(due_at__lte=now) | Q(due_at=None, archived_at=None),
        Q(archived_at=None) | Q(size__gt=0),
    )
    return [
        pk
        for pk in due.order_by("due_at", "pk").values_list("pk", flat=True)
        if due.filter(pk=pk).update(due_at=now + RETRY)
    ]


def _enqueue(task: Any, run: JobRun, **given: str) -> None:
    """Wake a worker once the run is committed; if the broker is lost, the run stays queued."""
    arguments = {
        "run_id": str(run.id),
        "workspace_id": str(database.current_workspace()),
        **given,
    }
    transaction.on_commit(partial(task.delay, **arguments), using=database.alias())
