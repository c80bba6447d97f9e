"""Segments: the list, the builder with its live count, members with their reasons, refresh."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from campaigns.models import Campaign
from campaigns.planning.create import sending_purposes
from cdp.console import jobs, names, people, refusals, rule_choices, rule_form
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.rule_form import Row, Typed
from cdp.kernel import database, rates
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun
from cdp.kernel.rates import Rate
from profiles.models import Segment
from profiles.segments import create, edit, rules, tasks, words
from profiles.segments.rules import RuleRefused
from profiles.segments.tree import Node

MEMBERS_SHOWN = 20
DEFAULT_PURPOSE = "marketing.email"
COUNTS = Rate("segment.counts", 30)  # a minute and operator: each is work for a worker


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One segment in the list."""

    id: UUID
    name: str
    words: str
    size: int | None
    refreshed_at: datetime | None
    used_in: int


@require_GET
@needs("segments:read")
def show_segments(request: ConsoleRequest) -> HttpResponse:
    """List segments by name, with their size as of the last refresh."""
    used = list(Campaign.objects.exclude(segment_id=None).values_list("segment_id", flat=True))
    rows = [
        SegmentLine(
            id=each.id,
            name=each.name,
            words=in_words(request, each.rule),
            size=each.size,
            refreshed_at=each.refreshed_at,
            used_in=used.count(each.id),
        )
        for each in Segment.objects.filter(archived_at=None).order_by("name")
    ]
    shown = {"segments": rows, "may_write": may(request, "segments:write")}
    return render(request, "console/segments.html", shown)


def in_words(request: ConsoleRequest, rule: object) -> str:
    """Return a stored rule as a sentence; a rule that can no longer be read says so."""
    try:
        return _tell(request, rules.parse(rule))
    except RuleRefused as refused:
        return str(refused)


def _tell(request: ConsoleRequest, node: Node) -> str:
    return words.describe(
        node,
        language="zh-hans" if get_language() == "zh-hans" else "en",
        currency=_currency(request),
        names=rule_choices.called(get_language() or "en"),
    )


def _currency(request: ConsoleRequest) -> str:
    return str(request.workspace.settings.get("currency", "USD"))


def _found(segment_id: UUID) -> Segment:
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise Http404
    return segment


@require_GET
@needs("segments:read")
def show_segment(request: ConsoleRequest, segment_id: UUID) -> HttpResponse:
    """Show one segment: its rule in words, its size, some members and why they are in."""
    segment = _found(segment_id)
    members = (
        people.people(actor=request.actor, segment=segment.id, after=None, limit=MEMBERS_SHOWN)
        if may(request, "profiles:read")
        else []
    )
    runs = JobRun.objects.filter(params__segment_id=str(segment.id)).order_by("-created_at")[:5]
    shown = {
        "segment": segment,
        "words": in_words(request, segment.rule),
        "rule_json": json.dumps(segment.rule, indent=2, ensure_ascii=False),
        "members": members,
        "currency": _currency(request),
        "runs": jobs.lines(list(runs)),
        "campaigns": Campaign.objects.filter(segment_id=segment.id).order_by("-created_at")[:10],
        "may_write": may(request, "segments:write"),
        "may_plan": may(request, "campaigns:write"),
        "purpose": names.purpose(people.SEGMENTATION),
    }
    return render(request, "console/segment.html", shown)


@require_http_methods(["GET", "POST"])
@needs("segments:write")
def new_segment(request: ConsoleRequest) -> HttpResponse:
    """Show the builder; on POST add or take away a condition, or save."""
    if request.method == "GET":
        typed = Typed(rows=[Row(measure="sum", days="90", op="ge", value="100")])
        return _builder(request, typed, segment=None)
    return _typed(request, segment=None)


@require_http_methods(["GET", "POST"])
@needs("segments:write")
def edit_segment(request: ConsoleRequest, segment_id: UUID) -> HttpResponse:
    """Show the builder with a stored rule; on POST as for a new one."""
    segment = _found(segment_id)
    if request.method == "GET":
        return _builder(request, _stored(request, segment), segment=segment)
    return _typed(request, segment=segment)


def _stored(request: ConsoleRequest, segment: Segment) -> Typed:
    typed = rule_form.rows_of(segment.rule, currency=_currency(request))
    if typed is None:
        return Typed(json=json.dumps(segment.rule, indent=2, ensure_ascii=False))
    return typed


def _typed(request: ConsoleRequest, *, segment: Segment | None) -> HttpResponse:
    typed = rule_form.read(request.POST)
    act, _colon, number = request.POST.get("act", "update").partition(":")
    match act:
        case "add" if number in rule_form.KINDS:
            typed.rows.append(rule_choices.fresh(number))
        case "remove" if number.isdigit() and int(number) < len(typed.rows):
            del typed.rows[int(number)]
        case "save":
            return _save(request, typed, segment)
    return _builder(request, typed, segment=segment)


def _save(request: ConsoleRequest, typed: Typed, segment: Segment | None) -> HttpResponse:
    name = request.POST.get("name", "").strip()
    try:
        rule = _rule(request, typed)
        if segment is None:
            segment = create.create_segment(name, rule=rule, actor=request.actor)
        else:
            edit.edit_segment(segment.id, name=name, rule=rule, actor=request.actor)
        tasks.start_refresh(segment.id, actor=request.actor)
    except RuleRefused as refused:
        return _builder(request, _marked(typed, refused), segment=segment, status=422)
    except CdpError as refused:
        return _builder(request, typed, segment=segment, refused=refusals.said(refused), status=422)
    return redirect("console:segment", segment.id)


def _rule(request: ConsoleRequest, typed: Typed) -> dict[str, Any]:
    """
    Return the rule as typed, checked.

    :raises RuleRefused: it cannot be read; the path says which condition
    """
    if typed.json:
        try:
            given = json.loads(typed.json)
        except ValueError:
            raise RuleRefused("rule", "not_json") from None
    else:
        given = rule_form.rule(typed, currency=_currency(request))
    return rules.document(rules.parse(given))


def _marked(typed: Typed, refused: RuleRefused) -> Typed:
    """Return what was typed with the condition marked that was refused."""
    problem = rule_choices.problem(refused.problem)
    place = next((int(part) for part in refused.path.split(".") if part.isdigit()), None)
    if place is None or place >= len(typed.rows):
        return typed
    rows = list(typed.rows)
    rows[place] = replace(rows[place], problem=problem)
    return replace(typed, rows=rows)


def _builder(
    request: ConsoleRequest,
    typed: Typed,
    *,
    segment: Segment | None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    node, why = None, refused
    try:
        node = rules.parse(_rule(request, typed)) if typed.rows or typed.json else None
    except RuleRefused as problem:
        if status == 422:
            where = "" if any(row.problem for row in typed.rows) else f" ({problem.path})"
            why = why or rule_choices.problem(problem.problem) + where
    purpose_key = request.POST.get("purpose", DEFAULT_PURPOSE)
    shown = {
        "segment": segment,
        "name": request.POST.get("name", segment.name if segment else ""),
        "typed": typed,
        "rows": rule_choices.offered(
            typed.rows, actor=request.actor, language=get_language() or "en"
        ),
        "words": _tell(request, node) if node else "",
        "refused": why,
        "currency": _currency(request),
        "kinds": rule_choices.KIND_NAMES,
        "purpose_key": purpose_key,
        "purposes": [(spec.key, names.purpose(spec.key)) for spec in sending_purposes()],
    }
    if request.htmx:
        part = render(request, "console/segment_new.html#builder", shown, status=status)
        return trigger_client_event(part, "rule-changed", after="settle")
    return render(request, "console/segment_new.html", shown, status=status)


@require_POST
@needs("segments:read")
def count_rule(request: ConsoleRequest) -> HttpResponse:
    """Have a worker count the rule as typed: match, of them permit, of them reachable."""
    verdict = rates.take(COUNTS, str(request.user.pk))
    if verdict and not verdict.passed:
        said = {"refused": _("Too many counts in a short time. Change the rule again in a moment.")}
        part = render(request, "console/segment_new.html#count", said, status=429)
        part["Retry-After"] = verdict.retry_seconds
        return part
    try:
        rule = _rule(request, rule_form.read(request.POST))
    except RuleRefused as refused:
        said = {"refused": rule_choices.problem(refused.problem)}
        return render(request, "console/segment_new.html#count", said)
    key = request.POST.get("purpose", DEFAULT_PURPOSE)
    if key not in {spec.key for spec in sending_purposes()}:
        key = DEFAULT_PURPOSE
    run = tasks.start_count(rule, purpose_key=key, actor=request.actor)
    return _count(request, run)


@require_GET
@needs("segments:read")
def show_count(request: ConsoleRequest, run_id: UUID) -> HttpResponse:
    """Show the count when it is there, its progress until then."""
    return _count(request, jobs.find_or_404(run_id, kind=tasks.COUNT))


def _count(request: ConsoleRequest, run: JobRun) -> HttpResponse:
    result = run.result
    facts: dict[str, object] = {
        "counted": [
            (_("profiles"), result.get("population"), ""),
            (_("match the rule"), result.get("match"), result.get("population")),
            (_("permit the purpose"), result.get("consented"), result.get("population")),
            (_("have an address"), result.get("reachable"), result.get("population")),
        ],
        "result": result,
        "delivery": names.purpose(str(run.params.get("purpose_key", DEFAULT_PURPOSE))),
    }
    again = reverse("console:segment_count_result", args=[run.id])
    return jobs.waiting(
        request, run, again=again, done="console/segment_new.html#count", facts=facts
    )


@require_POST
@needs("segments:write")
def refresh_segment(request: ConsoleRequest, segment_id: UUID) -> HttpResponse:
    """Have a worker find out anew who is in the segment."""
    segment = _found(segment_id)
    with database.atomic():
        run = tasks.start_refresh(segment.id, actor=request.actor)
    return redirect("console:job", run.id)


@require_POST
@needs("segments:write")
def archive_segment(request: ConsoleRequest, segment_id: UUID) -> HttpResponse:
    """Put a segment away; what was sent to it stays on the record."""
    try:
        edit.archive_segment(_found(segment_id).id, actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
        return redirect("console:segment", segment_id)
    return redirect("console:segments")
