"""
Checks of the whole log that somebody asked for, or that are due; what each found is kept.

The sequencer's process carries them out beside sequencing, as the only login that reads all
entries. A kept result is a note for operators: the proof is to check again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from audit import models
from audit.actors import Actor
from audit.inbox import record
from audit.verify import Problem, Progress, Verdict, unheard, verify
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.jobs import AlreadyRunning
from cdp.kernel.logging import logger
from cdp.kernel.models import JobRun

KIND = "audit.verify"
EVERY = timedelta(hours=1)
_OPEN = Q(state__in=(JobRun.State.QUEUED, JobRun.State.RUNNING))


@dataclass(frozen=True, slots=True)
class Verification:
    """What one check found: `size` entries under `root` (hex); `problem` is None if it held."""

    at: datetime
    size: int
    root: str
    checkpoints: int
    anchors: int
    problem: Problem | None
    run: UUID | None


def ask(actor: Actor | str) -> JobRun:
    """Ask for a check of the whole log; one that still waits or runs is returned again."""
    waiting = JobRun.objects.filter(_OPEN, kind=KIND).order_by("created_at").first()
    if waiting:
        return waiting
    with database.atomic():
        run = jobs.start(KIND, actor=actor)
        record(actor, KIND, obj=f"job:{run.id}")
    return run


def newest() -> Verification | None:
    """Return what the newest check found, None before the first."""
    row = models.Verification.objects.order_by("-id").first()
    if row is None:
        return None
    problem = (
        Problem(row.problem_index, row.reason, row.text) if row.problem_index is not None else None
    )
    return Verification(
        at=row.at,
        size=row.size,
        root=bytes(row.root).hex(),
        checkpoints=row.checkpoints,
        anchors=row.anchors,
        problem=problem,
        run=row.run,
    )


def carry_out_asked() -> int:
    """Carry out the checks that wait in any workspace; return how many. The sequencer's login."""
    count = 0
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            for run in JobRun.objects.filter(_OPEN, kind=KIND).order_by("created_at"):
                count += _carry_out(run.id)
    return count


def carry_out_due(*, every: timedelta = EVERY) -> bool:
    """Check the log if the newest check is older than `every`; return whether it was done."""
    last = newest()
    if last is not None and clock.now() - last.at < every:
        return False
    _check(None, unheard)
    return True


def _carry_out(run_id: UUID) -> int:
    """Return 1, or 0 for a run that somebody else has."""
    try:
        with jobs.running(run_id) as job:
            verdict = _check(run_id, lambda done, total: job.advance(done=done, total=total))
            problem = verdict.problem.text if verdict.problem else ""
            job.finish(entries=verdict.size, checkpoints=verdict.checkpoints, problem=problem)
    except AlreadyRunning:
        return 0
    return 1


def _check(run: UUID | None, progress: Progress) -> Verdict:
    """Check the log and keep what was found, on the record too."""
    verdict = verify(progress=progress)
    problem = verdict.problem
    if problem:
        logger().error("audit.does_not_hold", where=f"entry {problem.index}", reason=problem.reason)
    with database.atomic():
        models.Verification.objects.create(
            at=clock.now(),
            run=run,
            size=verdict.size,
            root=bytes.fromhex(verdict.root),
            checkpoints=verdict.checkpoints,
            anchors=verdict.anchors,
            problem_index=problem.index if problem else None,
            reason=problem.reason if problem else "",
            text=problem.text if problem else "",
        )
        record(
            Actor.system("sequencer"),
            "log.check",
            obj=f"job:{run}" if run else "",
            detail={"entries": verdict.size, "root": verdict.root, "holds": int(not problem)},
        )
    return verdict
