"""Jobs: what runs, what failed and why, and a way to stop it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from audit.inbox import record
from cdp.console import names, paging, refusals
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import clock, database, jobs
from cdp.kernel.models import JobRun

STOP_POLLING = 286  # htmx swaps the answer in, then stops asking

# Asking slows down as a run gets older: from that age on, every so many seconds.
PACES = ((timedelta(minutes=2), 5), (timedelta(seconds=30), 2), (timedelta(0), 1))
HONEST_AFTER, HONEST_SHARE = timedelta(seconds=10), 0.1  # below these, time left is a guess


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job run as screens show it."""

    id: UUID
    title: str
    kind: str
    state: str
    actor: str
    purpose: str
    phase: str
    done: int
    total: int
    created_at: datetime
    took: timedelta | None
    left: timedelta | None
    explanation: str
    cancel_requested: bool
    is_over: bool


def lines(runs: list[JobRun]) -> list[JobLine]:
    """Return runs with titles, names of their actors, and honest times."""
    named = names.actors({run.actor for run in runs})
    return [_line(run, named) for run in runs]


def _line(run: JobRun, named: names.ActorNames) -> JobLine:
    now = clock.now()
    took = (run.ended_at or now) - run.started_at if run.started_at else None
    return JobLine(
        id=run.id,
        title=names.job(run.kind),
        kind=run.kind,
        state=run.state,
        actor=named.of(run.actor),
        purpose=names.purpose(run.purpose) if run.purpose else "",
        phase=names.phase(run.phase),
        done=run.done,
        total=run.total,
        created_at=run.created_at,
        took=took,
        left=_left(run, took),
        explanation=refusals.said(run.explanation),
        cancel_requested=run.cancel_requested,
        is_over=run.is_over,
    )


def _left(run: JobRun, took: timedelta | None) -> timedelta | None:
    if run.is_over or took is None or took < HONEST_AFTER or not run.total:
        return None
    share = run.done / run.total
    return took * (1 / share - 1) if share >= HONEST_SHARE else None


def pace(run: JobRun) -> int:
    """Return after how many seconds a page should ask again."""
    age = clock.now() - run.created_at
    return next((seconds for since, seconds in PACES if age >= since), PACES[-1][1])


@require_GET
@needs("jobs:read")
def show_jobs(request: ConsoleRequest) -> HttpResponse:
    """List job runs, newest first."""
    position = paging.after(request.GET.get("after", ""), of="jobs")
    before = datetime.fromisoformat(position[0]) if position else None
    runs = jobs.newest(limit=paging.ROWS + 1, before=before)
    page = paging.page(
        lines(runs),
        of="jobs",
        is_first=position is None,
        position=lambda line: [line.created_at.isoformat()],
    )
    going = [line for line in page.rows if not line.is_over]
    return render(request, "console/jobs.html", {"page": page, "going": len(going)})


@require_GET
@needs("jobs:read")
def show_job(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Show one job run: the whole page to a browser, the progress part to htmx."""
    run = _found(run_id)
    shown = {"job": lines([run])[0], "pace": pace(run), "results": result_rows(run.result)}
    if not request.htmx:
        return render(request, "console/job.html", {**shown, "params": result_rows(run.params)})
    status = STOP_POLLING if run.is_over else 200
    return render(request, "console/job.html#progress", shown, status=status)


@require_POST
@needs("jobs:write")
def cancel_job(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Ask a run to stop; what is finished is kept."""
    run = _found(run_id)
    with database.atomic():
        if jobs.cancel(run.id):
            record(request.actor, "job.cancel", obj=f"job:{run.id}")
    return redirect("console:job", run.id)


def _found(run_id: UUID) -> JobRun:
    try:
        return jobs.find(run_id)
    except JobRun.DoesNotExist:
        raise Http404 from None


def result_rows(result: dict[str, Any]) -> list[tuple[str, object]]:
    """Return a run's parameters or result as rows; what is nested shows as its size."""
    return [
        (names.fact(key), names.entries(len(value)))
        if isinstance(value, list | dict)
        else (names.fact(key), value)
        for key, value in result.items()
    ]


def waiting(
    request: ConsoleRequest, run: JobRun, *, again: str, done: str, facts: dict[str, object]
) -> HttpResponse:
    """
    Answer htmx with a run's progress in place, or with `done` and `facts` once it succeeded.

    `again` is where the part asks next. Without htmx the run's own page does the waiting.
    """
    if not request.htmx:
        return redirect("console:job", run.id)
    if run.state == JobRun.State.SUCCEEDED:
        return render(request, done, {**facts, "run": run}, status=STOP_POLLING)
    part = {"job": lines([run])[0], "pace": pace(run), "again": again}
    status = STOP_POLLING if run.is_over else 200
    return render(request, "parts/waiting.html", part, status=status)


def find_or_404(run_id: UUID, *, kind: str = "") -> JobRun:
    """Return a run of this workspace, of the given kind if one is given; else the 404 page."""
    run = _found(run_id)
    if kind and run.kind != kind:
        raise Http404
    return run
