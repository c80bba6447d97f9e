"""Exports: plan one, see whom it would hold, have it approved and written, fetch it once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cdp.approvals import find, kinds, require
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.console import export_form, jobs, names, refusals
from cdp.console.access import ConsoleRequest, needs
from cdp.console.export_form import ExportForm
from cdp.console.step_up import confirmed
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun
from profiles.exports import fetch, plan, start, tasks
from profiles.exports.models import Export
from profiles.models import Segment

State = Export.State


@dataclass(frozen=True, slots=True)
class Line:
    """One export in the list."""

    id: UUID
    segment: str
    recipient: str
    purpose: str
    people: int
    state: str
    by: str
    created_at: datetime
    fetched_at: datetime | None


@require_GET
@needs("exports:create")
def show_exports(request: ConsoleRequest) -> HttpResponse:
    """List the newest exports: who, what, for whom, how many, fetched when."""
    found = plan.newest()
    named = names.actors({export.created_by for export in found})
    lines = [
        Line(
            id=export.pk,
            segment=export.segment_name,
            recipient=export.recipient,
            purpose=names.purpose(export.purpose_key),
            people=export.people,
            state=export.state,
            by=named.of(export.created_by),
            created_at=export.created_at,
            fetched_at=export.fetched_at,
        )
        for export in found
    ]
    return render(request, "console/exports.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
@needs("exports:create")
def new_export(request: ConsoleRequest) -> HttpResponse:
    """Plan an export; a worker then counts whom it would hold."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with database.atomic():
                export = export_form.save(form, request)
                tasks.wake(export)
        except CdpError as refused:
            form.add_error(None, refusals.said(refused))
        else:
            return redirect("console:export", export.pk)
    shown = {
        "form": form,
        "has_segments": Segment.objects.filter(archived_at=None).exists(),
        "limit": require.limit(Kind.EXPORT),
        "a_day": start.A_DAY,
    }
    return render(request, "console/export_new.html", shown, status=422 if form.errors else 200)


@require_GET
@needs("exports:create")
def show_export(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    """Show one export and what can be done about it now; htmx asks for that part alone."""
    export = _found(export_id)
    live = _live(request, export)
    if request.htmx:
        status = 200 if live["is_under_way"] else jobs.STOP_POLLING
        return render(request, "console/export.html#live", live, status=status)
    shown = {
        **live,
        "purpose": names.purpose(export.purpose_key),
        "fields": [export_form.label(name) for name in export.fields],
        "by": names.actors({export.created_by}).of(export.created_by),
    }
    return render(request, "console/export.html", shown)


def _live(request: ConsoleRequest, export: Export) -> dict[str, Any]:
    run = JobRun.objects.filter(pk=export.job_id or UUID(int=0)).first()
    takes_two = plan.takes_two(export)
    asked = _open_approval(export)
    return {
        "export": export,
        "job": jobs.lines([run])[0] if run else None,
        "pace": jobs.pace(run) if run else 1,
        "is_under_way": export.state in (State.COUNTING, State.WRITING)
        and run is not None
        and not run.is_over,
        "is_own": export.created_by == str(request.actor),
        "takes_two": takes_two,
        "asked": asked,
        "may_start": not takes_two
        or (asked is not None and asked.state == Approval.State.APPROVED),
    }


def _open_approval(export: Export) -> Approval | None:
    """Return what is asked or approved for exactly this export."""
    found = find.open_one(Kind.EXPORT, obj=plan.obj(export))
    if found is None or bytes(found.digest) != kinds.digest(plan.snapshot(export)):
        return None
    return found


@require_POST
@needs("exports:create")
def ask_approval(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    """Ask another operator to approve an export."""
    export = _found(export_id)
    return _do(request, export, lambda: start.ask_approval(export.pk, actor=request.actor))


@require_POST
@needs("exports:create")
@confirmed
def start_export(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    """Have a worker write the file; pressed twice, it is written once."""
    export = _found(export_id)

    def begin() -> None:
        with database.atomic():
            tasks.wake(start.start(export.pk, actor=request.actor))

    return _do(request, export, begin)


def _do(request: ConsoleRequest, export: Export, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:export", export.pk)


@require_POST
@needs("exports:create")
@confirmed
def fetch_export(request: ConsoleRequest, export_id: UUID) -> HttpResponse:
    """Hand the file out, once; in the clear it is kept nowhere."""
    export = _found(export_id)
    try:
        handed = fetch.fetch(export.pk, actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
        return redirect("console:export", export.pk)
    return HttpResponse(
        handed.content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{handed.name}"'},
    )


def _found(export_id: UUID) -> Export:
    try:
        return plan.find(export_id)
    except plan.NoSuchExport:
        raise Http404 from None
