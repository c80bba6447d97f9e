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
from audit.verdict import Problem, Verdict
from audit.verify import NoSuchCheckpoint, Progress, unheard, verify
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.jobs import AlreadyRunning
from cdp.kernel.logging import logger
from cdp.kernel.models import JobRun

KIND = "audit.verify"
EVERY = timedelta(hours=1)
# A log larger than this is read whole once a day, in the hours between from where the last ended.
SMALL, WHOLE_EVERY = 1_000_000, timedelta(days=1)
_OPEN = Q(state__in=(JobRun.State.QUEUED, JobRun.State.RUNNING))


@dataclass(frozen=True, slots=True)
class Verification:
    """
    What one check found: `size` entries under `root` (hex); `problem` is None if it held.

    Entries before `since` were taken from the check before it. Of `dropped` entries the detail is
    gone, as the log itself says; `backward` ones bear an earlier time than what was written before.
    """

    at: datetime
    size: int
    root: str
    checkpoints: int
    anchors: int
    problem: Problem | None
    run: UUID | None
    since: int = 0
    cosignatures: int = 0
    dropped: int = 0
    backward: int = 0


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
        since=row.since,
        cosignatures=row.cosignatures,
        dropped=row.dropped,
        backward=row.backward,
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
    _check(None, unheard, since=_beginning(last))
    return True


def _beginning(last: Verification | None) -> int:
    """Return from which checkpoint on the due check reads: 0 for the whole log."""
    if last is None or last.problem or last.size < SMALL:
        return 0
    whole = models.Verification.objects.filter(since=0, problem_index=None).order_by("-id").first()
    return last.size if whole and clock.now() - whole.at < WHOLE_EVERY else 0


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


def _check(run: UUID | None, progress: Progress, *, since: int = 0) -> Verdict:
    """Check the log and keep what was found, on the record too."""
    try:
        verdict = verify(since=since, progress=progress)
    except NoSuchCheckpoint:  # an older database was restored: nothing earlier counts
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
            since=verdict.since,
            cosignatures=verdict.cosignatures,
            dropped=verdict.dropped,
            backward=verdict.backward,
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
