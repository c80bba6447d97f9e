"""The audit log: who did what, about whom, why. Reading it is an entry."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from audit import changes, details, explore, pseudonym, queries, verification
from audit.details import Detail
from audit.inbox import record
from audit.proofs import NoSuchEntry
from audit.queries import Line
from cdp.console import (
    audit_filters,
    audit_lines,
    audit_state,
    finding,
    jobs,
    paging,
    refusals,
)
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.audit_files import ExportForm
from cdp.console.profiles import FindForm
from cdp.kernel import database
from cdp.kernel.errors import CdpError

SEARCHED_FOR_REASON = 500  # entries whose details are opened to look for a reason


@require_GET
@needs("audit:read")
def show_audit(request: ConsoleRequest) -> HttpResponse:
    """List entries, newest first; the address is what was asked for."""
    number = request.GET.get("entry", "").replace(",", "").strip()
    if number.isdecimal() and len(number) < 19:
        return redirect("console:audit_entry", int(number))
    return _list(request)


@require_POST
@needs("audit:read")
def open_entries(request: ConsoleRequest) -> HttpResponse:
    """
    List entries with the reasons that they keep sealed, or those with one reason.

    The reason is in the form alone, never in an address: it may name an order.
    """
    return _list(request, reason=request.POST.get("reason", "").strip()[:80], opens=True)


@require_POST
@needs("audit:read")
@needs("pii:reveal")
def find_person(request: ConsoleRequest) -> HttpResponse:
    """Find one person by an exact value and list the entries about them, by pseudonym."""
    form = FindForm(request.POST)
    if form.is_valid():
        try:
            subject = finding.find(actor=request.actor, **form.cleaned_data)
        except CdpError as refused:
            form.add_error("value", refusals.said(refused))
        else:
            if subject is not None:
                address = reverse("console:audit")
                return redirect(f"{address}?about={pseudonym.of(subject).hex()}")
            form.add_error("value", _("No match, or not visible for customer care."))
    return _list(request, find=form, status=422)


def _list(
    request: ConsoleRequest,
    *,
    find: FindForm | None = None,
    reason: str = "",
    opens: bool = False,
    status: int = 200,
) -> HttpResponse:
    asked = audit_filters.read(request.GET)
    of = f"audit.{asked.query}"
    position = paging.after(request.GET.get("after", ""), of=of)
    before = int(position[0]) if position else None
    limit = SEARCHED_FOR_REASON if reason else paging.ROWS
    with database.atomic():
        found = explore.entries(asked.search, before=before, limit=limit + 1)
        record(request.actor, "audit.read", obj="log", detail={"entries": len(found)})
        opened = _open(found[:limit], request) if opens else {}
    page = paging.page(
        found,
        of=of,
        is_first=position is None,
        position=lambda line: [line.index],
        rows_shown=limit,
    )
    rows = [line for line in page.rows if _has_reason(line, opened, reason)]
    shown = {
        "page": page,
        "entries": audit_lines.lines(rows, opened=opened),
        "standing": audit_state.standing(),
        "knows_alarm": True,  # the page itself says it, in its place
        "form": asked.form,
        "is_narrowed": asked.is_narrowed,
        "views": audit_filters.views(asked.query),
        "query": asked.query,
        "find": (find or FindForm()) if may(request, "pii:reveal") else None,
        "export": ExportForm(),
        "reason": reason,
        "opens": opens,
        "searched": len(page.rows),
    }
    return render(request, "console/audit.html", shown, status=status)


def _open(found: list[Line], request: ConsoleRequest) -> dict[int, Detail]:
    sealed = [line.index for line in found if line.has_sealed_detail]
    return details.open_details(sealed, actor=request.actor) if sealed else {}


def _has_reason(line: Line, opened: Mapping[int, Detail], reason: str) -> bool:
    detail = opened.get(line.index)
    return not reason or (detail is not None and reason.casefold() in detail.reason.casefold())


@require_GET
@needs("audit:read")
def show_request(request: ConsoleRequest, index: int) -> HttpResponse:
    """List the entries of the request that an entry belongs to."""
    with database.atomic():
        line = _find(index)
        found = explore.of_request(line)
        record(request.actor, "audit.read", obj=f"entry:{index}", detail={"entries": len(found)})
    shown = {"entries": audit_lines.lines(found), "index": index, "req": line.req}
    return render(request, "console/audit_request.html", shown)


@require_GET
@needs("audit:read")
def show_entry(request: ConsoleRequest, index: int) -> HttpResponse:
    """Show one entry: in words, as it is kept, and where it stands in the tree."""
    return _entry(request, index)


@require_POST
@needs("audit:read")
def open_entry(request: ConsoleRequest, index: int) -> HttpResponse:
    """Show one entry with the detail that it keeps sealed; the person can see that."""
    return _entry(request, index, opens=True)


def _entry(request: ConsoleRequest, index: int, *, opens: bool = False) -> HttpResponse:
    with database.atomic():
        line = _find(index)
        record(request.actor, "audit.read", obj=f"entry:{index}")
        opened = details.open_details([index], actor=request.actor) if opens else {}
    detail = opened.get(index)
    standing = audit_state.standing()
    size = standing.size if standing else 0
    shown = {
        "entry": audit_lines.lines([line], opened=opened)[0],
        "line": line,
        "raw": "" if line.is_dropped else queries.leaf_text(index),
        "changes": changes.read(line.detail),
        "opened": detail,
        "told": sorted((detail.told or {}).items()) if detail else [],
        "is_signed": index < size,
        "is_checked": standing is not None and index < standing.checked and not standing.problem,
        "standing": standing,
        "previous": index - 1 if index else None,
        "next": index + 1 if index + 1 < size else None,
    }
    return render(request, "console/audit_entry.html", shown)


def _find(index: int) -> Line:
    try:
        return queries.find(index)
    except NoSuchEntry:
        raise Http404 from None


@require_POST
@needs("audit:read")
def check_log(request: ConsoleRequest) -> HttpResponse:
    """Ask for a check of the whole log; the sequencer's process carries it out."""
    return _checking(request, verification.ask(request.actor).pk)


@require_GET
@needs("audit:read")
def show_check(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Show how far a check is, in place; its result when it is over."""
    return _checking(request, run_id)


def _checking(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    run = jobs.find_or_404(run_id, kind=verification.KIND)
    again = reverse("console:audit_check_result", args=[run.pk])
    facts: dict[str, object] = {"standing": audit_state.standing()}
    return jobs.waiting(request, run, again=again, done="console/audit_state.html", facts=facts)
