"""
Keys as job runs: the console asks, the sequencer's process carries out.

Only that process holds the login that may change wrapped data keys; a web process asks and
watches. Ending a key takes a second operator: the run names the approval, and the process that
carries it out looks it up itself. A fresh proof of the operator is the console's matter.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db.models import Q

from audit.actors import Actor
from audit.inbox import record
from cdp.approvals.kinds import Kind
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.jobs import AlreadyRunning, RunningJob
from cdp.kernel.keyring import Use
from cdp.kernel.logging import logger
from cdp.kernel.models import JobRun
from cdp.keys import approval
from cdp.keys.retire import destroy, retire
from cdp.keys.rewrap import rewrap
from cdp.keys.rotate import rotate

ROTATE, REWRAP, RETIRE, DESTROY = "keys.rotate", "keys.rewrap", "keys.retire", "keys.destroy"
BY_HAND = "keys.rewrap_by_hand"  # a command carries it out; the sequencer leaves it alone
DOOR = "rewrap"
_OPEN = Q(state__in=(JobRun.State.QUEUED, JobRun.State.RUNNING))


def ask_rotation(use: Use, *, actor: Actor | str) -> JobRun:
    """Ask for a new key of `use`."""
    return _ask(ROTATE, actor, use=str(use))


def ask_rewrap(*, actor: Actor | str) -> JobRun:
    """Ask for every data key to be wrapped under the active KEK."""
    return _ask(REWRAP, actor)


def ask_retirement(use: Use, key_id: int, *, actor: Actor) -> JobRun:
    """
    Ask for a former key to be retired; uses up the approval that the actor asked for.

    :raises ApprovalNeeded: no second operator approved it
    """
    with database.atomic():
        used = approval.use_own(Kind.KEY_RETIRE, use, key_id, actor=actor)
        return _ask(RETIRE, actor, use=str(use), key_id=key_id, approval=str(used.pk))


def ask_destruction(key_id: int, *, actor: Actor) -> JobRun:
    """
    Ask for the material of a retired KEK to be destroyed; uses up the actor's approval.

    :raises ApprovalNeeded: no second operator approved it
    """
    with database.atomic():
        used = approval.use_own(Kind.KEY_DESTROY, Use.KEK, key_id, actor=actor)
        return _ask(DESTROY, actor, key_id=key_id, approval=str(used.pk))


@contextmanager
def by_hand(*, actor: Actor | str) -> Iterator[RunningJob]:
    """Take on a run that a command carries out itself; one whose command was killed goes on."""
    lapsed = clock.now() - jobs.LEASE
    left = JobRun.objects.filter(
        kind=BY_HAND, state=JobRun.State.RUNNING, heartbeat_at__lt=lapsed
    ).first()
    run = left or jobs.start(BY_HAND, actor=actor)
    with jobs.running(run.id) as job:
        yield job


def _ask(kind: str, actor: Actor | str, **params: str | int) -> JobRun:
    """Return a run of `kind` with these parameters; one that still waits or runs is returned."""
    waiting = JobRun.objects.filter(_OPEN, kind=kind, params=params).order_by("created_at").first()
    if waiting:
        return waiting
    with database.atomic():
        run = jobs.start(kind, actor=actor, params=params)
        record(actor, "key.ask", obj=f"job:{run.id}", detail={"kind": kind, **params})
    return run


def carry_out_asked() -> int:
    """Carry out what waits in any workspace, through the door `rewrap`; return how much it was."""
    count = 0
    with database.door(DOOR):
        for workspace in workspaces.every():
            with database.in_workspace(workspace):
                runs = JobRun.objects.filter(_OPEN, kind__in=_WORK).order_by("created_at")
                count += sum(_carry_out(run.id) for run in runs)
    return count


def _carry_out(run_id: UUID) -> int:
    """Return 1, or 0 for a run that somebody else has; how a run failed is written in it."""
    try:
        with jobs.running(run_id) as job:
            _WORK[job.kind](job)
    except AlreadyRunning:
        return 0
    except CdpError as refusal:
        logger().warning("keys.refused", run=run_id, code=refusal.code)
    return 1


def _rotate(job: RunningJob) -> None:
    use = Use(job.params["use"])
    job.finish(use=str(use), key_id=rotate(use, actor=job.actor).id)


def _rewrap(job: RunningJob) -> None:
    for _ in rewrap(job):
        pass


def _retire(job: RunningJob) -> None:
    use, key_id = Use(job.params["use"]), int(job.params["key_id"])
    approval.refuse_unless_used(job.params.get("approval", ""), Kind.KEY_RETIRE, use, key_id)
    retire(use, key_id, actor=job.actor)


def _destroy(job: RunningJob) -> None:
    key_id, named = int(job.params["key_id"]), job.params.get("approval", "")
    approval.refuse_unless_used(named, Kind.KEY_DESTROY, Use.KEK, key_id)
    destroy(key_id, actor=job.actor)


_WORK: dict[str, Callable[[RunningJob], None]] = {
    ROTATE: _rotate,
    REWRAP: _rewrap,
    RETIRE: _retire,
    DESTROY: _destroy,
}
