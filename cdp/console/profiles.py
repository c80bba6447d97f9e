"""Profiles: find a person, list people by facts, and one person's record."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cdp.accounts.limits import TooManyTries, TriesUncounted
from cdp.console import (
    contact,
    finding,
    ledger_words,
    names,
    paging,
    people,
    person_words,
    refusals,
)
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.profile_tabs import READERS, TABS, currency, language
from cdp.console.reason_field import ReasonField
from cdp.console.step_up import confirmed_to_act
from cdp.kernel.errors import CdpError
from profiles.models import Segment
from profiles.traits.definitions import CELL_LABELS
from profiles.vault.fields import UnknownField
from profiles.vault.open import FieldNotPermitted


class FindForm(forms.Form):
    """One exact value that somebody gave us, and why we look it up."""

    kind = forms.ChoiceField(label=_("Find by"), choices=finding.KINDS)
    value = forms.CharField(
        label=_("Whole value"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = ReasonField(label=_("Reason, such as an order"))


class RevealForm(forms.Form):
    """Which field to show, and why."""

    field = forms.CharField(max_length=32)
    reason = ReasonField()


def _why_not(form: RevealForm) -> str:
    """Return what is wrong with the reason; an empty one is asked for."""
    if form.data.get("reason", "").strip() and form.errors.get("reason"):
        return str(form.errors["reason"][0])
    return str(_("Say why you need to see it, such as an order number."))


def cares(request: ConsoleRequest) -> bool:
    """Return whether the operator works in customer care, so may see masked contact details."""
    return may(request, "pii:reveal")


def _window(request: ConsoleRequest) -> str:
    """Return the purpose that this operator reads a profile under."""
    if not cares(request):
        return people.SEGMENTATION
    asked = request.GET.get("for", people.SUPPORT)
    return asked if asked in (people.SUPPORT, people.SEGMENTATION) else people.SUPPORT


def _segment(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@require_GET
@needs("profiles:read")
def show_profiles(request: ConsoleRequest) -> HttpResponse:
    """List people by last sign of life, of one segment or all, without contact data."""
    return _list(request, FindForm())


@require_POST
@needs("pii:reveal")
def find_profile(request: ConsoleRequest) -> HttpResponse:
    """Find one person by an exact value; the value is never in a URL."""
    form = FindForm(request.POST)
    if form.is_valid():
        try:
            subject = finding.find(actor=request.actor, **form.cleaned_data)
        except CdpError as refused:
            form.add_error("value", refusals.said(refused))
        else:
            if subject is not None:
                return redirect("console:profile", subject)
            form.add_error("value", _("No match, or not visible for customer care."))
    return _list(request, form, status=422)


def _list(request: ConsoleRequest, form: FindForm, *, status: int = 200) -> HttpResponse:
    segment = _segment(request.GET.get("segment", ""))
    of = f"profiles.{segment}"
    position = paging.after(request.GET.get("after", ""), of=of)
    found = people.people(
        actor=request.actor, segment=segment, after=position, limit=paging.ROWS + 1
    )
    page = paging.page(
        found,
        of=of,
        is_first=position is None,
        position=lambda line: [line.last_seen_at.isoformat(), str(line.subject)],
    )
    segments = dict(Segment.objects.filter(archived_at=None).values_list("id", "name"))
    scores = people.response_scores([line.subject for line in page.rows], actor=request.actor)
    shown = {
        "page": page,
        "rows": [
            {
                "person": line,
                "group": _group(line.group),
                "segments": [segments[id_] for id_ in line.segments if id_ in segments],
                "score": scores.get(line.subject),
            }
            for line in page.rows
        ],
        "segments": sorted(segments.items(), key=lambda each: each[1]),
        "segment": segment,
        "form": form if cares(request) else None,
        "purpose": names.purpose(people.SEGMENTATION),
        "currency": currency(request),
    }
    return render(request, "console/profiles.html", shown, status=status)


def _group(cell: str) -> str:
    labels = CELL_LABELS.get(cell)
    return person_words.text_in(labels, language()) if labels else ""


@require_GET
@needs("profiles:read")
def show_profile(request: ConsoleRequest, subject: UUID, tab: str = "timeline") -> HttpResponse:
    """Show one tab of one person's record, each panel in its own window."""
    if tab not in TABS:
        raise Http404
    return _page(request, subject, tab)


@require_http_methods(["GET", "POST"])
@needs("pii:reveal")
@confirmed_to_act
def show_contact(request: ConsoleRequest, subject: UUID) -> HttpResponse:
    """Show the contact panel masked; on POST show one field for a minute, on the record."""
    details, refused = None, ""
    if request.method == "POST":
        form = RevealForm(request.POST)
        if not form.is_valid():
            refused = _why_not(form)
        else:
            try:
                details = contact.reveal(
                    subject,
                    **form.cleaned_data,
                    actor=request.actor,
                    operator=request.operator.pk,
                    language=language(),
                )
            except UnknownField:
                raise Http404 from None
            except FieldNotPermitted:
                refused = str(_("Customer care may not see this kind of value."))
            except TooManyTries:
                refused = str(_("You have looked at 60 values this hour. Wait a while."))
            except TriesUncounted:
                refused = str(_("Looking at values is paused. Try again in a minute."))
    if details is None:
        details = contact.masked(subject, actor=request.actor, language=language())
    if not details and people.person(subject, under=people.SUPPORT, actor=request.actor) is None:
        raise Http404
    panel = _contact_panel(subject, details, refused)
    status = 422 if refused else 200
    if request.htmx:
        return render(request, "console/profile.html#contact", panel, status=status)
    return _page(request, subject, "timeline", panel, status=status)


def _contact_panel(
    subject: UUID, details: list[contact.Detail], refused: str = ""
) -> dict[str, Any]:
    return {
        "subject": subject,
        "details": details,
        "refused": refused,
        "is_revealed": any(detail.revealed for detail in details),
        "shown_seconds": contact.SHOWN_SECONDS,
    }


def _page(
    request: ConsoleRequest,
    subject: UUID,
    tab: str,
    panel: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    under = _window(request)
    person = people.person(subject, under=under, actor=request.actor)
    if person is None:
        raise Http404
    if cares(request) and panel is None:
        details = contact.masked(subject, actor=request.actor, language=language())
        panel = _contact_panel(subject, details)
    standing = people.permissions(subject, under=under, actor=request.actor, language=language())
    shown = {
        **(panel or {}),
        "person": person,
        "subject": subject,
        "tab": tab,
        "tabs": [(key, title) for key, (title, needed) in TABS.items() if may(request, needed)],
        "under": under,
        "under_name": names.purpose(under),
        "cares": cares(request),
        "both": [(key, names.purpose(key)) for key in (people.SUPPORT, people.SEGMENTATION)],
        "standing": [
            (each, ledger_words.reason(each.reason), ledger_words.method(each.method))
            for each in standing
        ],
        "asked": [each for each in standing if each.switchable and not each.folded],
        **READERS[tab](request, subject, under),
    }
    return render(request, "console/profile.html", shown, status=status)
