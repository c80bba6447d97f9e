"""
Job runs: background work with progress, cancel, result and reason.

Progress is written in its own transaction, between purpose windows; a window would hide it until
it closes. PostgreSQL holds the truth, Celery only wakes a worker up, so a run may be begun twice:
the second finds it running and ends.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q

from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger
from cdp.kernel.models import JobRun

LEASE = timedelta(seconds=90)
_RUNNING, _QUEUED = JobRun.State.RUNNING, JobRun.State.QUEUED


class AlreadyRunning(CdpError):
    """Another worker holds this run, or it is over."""

    code = "run_taken"


class JobCanceled(CdpError):
    """An operator asked for this run to stop."""

    code = "canceled"


class AlreadyScheduled(CdpError):
    """This tick of the schedule has its run."""

    code = "already_scheduled"


def start(
    kind: str,
    *,
    actor: object,
    params: Mapping[str, Any] | None = None,
    purpose: str = "",
    total: int = 0,
    scheduled_for: datetime | None = None,
) -> JobRun:
    """
    Create a queued run of `kind` in the current workspace; the caller enqueues its task.

    :raises AlreadyScheduled: `scheduled_for` has a run of this kind
    """
    try:
        with database.atomic():
            return JobRun.objects.create(
                kind=kind,
                actor=str(actor),
                params=dict(params or {}),
                purpose=purpose,
                total=total,
                scheduled_for=scheduled_for,
            )
    except IntegrityError:
        raise AlreadyScheduled(f"{kind} has its run for this time.", kind=kind) from None


class RunningJob:
    """The run at hand, as the code that does the work sees it."""

    def __init__(self, run: JobRun) -> None:
        self.id: UUID = run.id
        self.kind = run.kind
        self.actor = run.actor
        self.params: dict[str, Any] = run.params
        self._result: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Return how this run appears as an actor."""
        return f"job:{self.kind}/{self.id}"

    def advance(
        self, *, done: int | None = None, total: int | None = None, phase: str | None = None
    ) -> None:
        """
        Write progress and renew the lease.

        :raises JobCanceled: an operator asked to stop; what is finished is kept
        """
        given = {"done": done, "total": total, "phase": phase}
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        rows = JobRun.objects.filter(pk=self.id)
        rows.update(heartbeat_at=clock.now(), **changes)
        if rows.filter(cancel_requested=True).exists():
            raise JobCanceled("Stopped at an operator's request; what was finished is kept.")

    def finish(self, **result: Any) -> None:
        """Keep what the run came to; it counts when the block ends without an error."""
        self._result.update(result)

    @property
    def result(self) -> dict[str, Any]:
        """Return what `finish` was told so far."""
        return self._result


@contextmanager
def running(run_id: UUID) -> Iterator[RunningJob]:
    """
    Take the run on for the length of the block and write down how it ended.

    A run whose worker died may be taken over once its lease ran out.

    :raises AlreadyRunning: another worker has it, or it is over
    """
    now = clock.now()
    abandoned = Q(state=_RUNNING, heartbeat_at__lt=now - LEASE)
    taken = JobRun.objects.filter(Q(state=_QUEUED) | abandoned, pk=run_id).update(
        state=_RUNNING, started_at=now, heartbeat_at=now
    )
    if not taken:
        raise AlreadyRunning("This run is over, or another worker has it.", run=str(run_id))
    job = RunningJob(JobRun.objects.get(pk=run_id))
    try:
        with database.by(job.name):
            yield job
    except JobCanceled as stop:
        _end(run_id, JobRun.State.CANCELED, job.result, stop)
    except Exception as failure:
        _end(run_id, JobRun.State.FAILED, job.result, failure)
        logger().error("job.failed", run=str(run_id), kind=job.kind, error=type(failure).__name__)
        raise
    else:
        _end(run_id, JobRun.State.SUCCEEDED, job.result, None)


def _end(
    run_id: UUID, state: JobRun.State, result: Mapping[str, Any], why: Exception | None
) -> None:
    anticipated = isinstance(why, CdpError)
    JobRun.objects.filter(pk=run_id).update(
        state=state,
        result=dict(result),
        ended_at=clock.now(),
        reason=getattr(why, "code", "unexpected") if why else "",
        # only our own errors promise to hold no personal value
        explanation=str(why)[:300] if anticipated else (type(why).__name__ if why else ""),
    )


def cancel(run_id: UUID) -> bool:
    """Ask a run to stop; return whether it was still going."""
    going = JobRun.objects.filter(pk=run_id, state__in=[_QUEUED, _RUNNING])
    return bool(going.update(cancel_requested=True))


def find(run_id: UUID) -> JobRun:
    """
    Return one run of the current workspace.

    :raises JobRun.DoesNotExist: there is none
    """
    return JobRun.objects.get(pk=run_id)


def newest(*, limit: int = 50, before: datetime | None = None) -> list[JobRun]:
    """Return the newest runs of the current workspace."""
    rows = JobRun.objects.order_by("-created_at")
    if before:
        rows = rows.filter(created_at__lt=before)
    return list(rows[:limit])
