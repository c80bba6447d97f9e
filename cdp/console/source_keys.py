"""One source and its write keys: make one, replace it with an overlap, revoke it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from cdp.console import event_counts, names, refusals, sources
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.step_up import confirmed_to_act
from cdp.kernel import clock
from cdp.kernel.errors import CdpError
from profiles.models import Source, WriteKey
from profiles.sources import write_keys
from profiles.sources.find import PLATFORM

OVERLAPS = (0, 7, 30, 90)  # days


class OverlapForm(forms.Form):
    """How long the old key still opens the door."""

    overlap = forms.TypedChoiceField(label=_("The old key goes on for"), coerce=int, initial=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["overlap"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            (n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n} if n else gettext("not at all"))
            for n in OVERLAPS
        ]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One write key as the page shows it: its beginning, never the whole."""

    key: WriteKey
    start: str
    is_in_force: bool
    form: OverlapForm | None  # for a key that can be replaced


@require_GET
@needs("events:read")
def show_source(request: ConsoleRequest, source: UUID) -> HttpResponse:
    """Show one source, its last thirty days and its write keys."""
    return _page(request, _source(source))


@require_POST
@needs("sources:manage")
@confirmed_to_act
def make_key(request: ConsoleRequest, source: UUID) -> HttpResponse:
    """Make a write key and show it whole, this once."""
    found = _source(source)
    try:
        fresh = write_keys.make(found.pk, actor=request.actor)
    except CdpError as refused:
        return _page(request, found, refused=refused)
    return _page(request, found, fresh=fresh)


@require_POST
@needs("sources:manage")
@confirmed_to_act
def rotate_key(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Make a key in the place of another and show it whole, this once."""
    found = _key(key)
    form = OverlapForm(request.POST)
    if not form.is_valid():
        return _page(request, found.source)
    overlap = timedelta(days=form.cleaned_data["overlap"])
    try:
        fresh = write_keys.rotate(key, actor=request.actor, overlap=overlap)
    except CdpError as refused:
        return _page(request, found.source, refused=refused)
    return _page(request, found.source, fresh=fresh)


@require_POST
@needs("sources:manage")
@confirmed_to_act
def revoke_key(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Put a write key out of force at once."""
    found = _key(key)
    write_keys.revoke(key, actor=request.actor)
    return redirect("console:source", found.source_id)


def _source(source: UUID) -> Source:
    found = Source.objects.filter(pk=source).first()
    if found is None:
        raise Http404
    return found


def _key(key: UUID) -> WriteKey:
    """Return a write key of a source that is visible: one of this workspace."""
    found = WriteKey.objects.filter(pk=key, source__in=Source.objects.all()).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: ConsoleRequest,
    source: Source,
    *,
    fresh: WriteKey | None = None,
    refused: CdpError | None = None,
) -> HttpResponse:
    counted = event_counts.by_source(request, days=sources.DAYS, until=clock.now())
    rows = WriteKey.objects.filter(source=source).order_by("-created_at", "-pk")
    may_manage = may(request, "sources:manage")
    shown = {
        "source": source,
        "kind": sources.kind_of(source),
        "count": counted.get(source.pk, event_counts.SourceCount(0, None)),
        "days": sources.DAYS,
        "purpose": names.purpose(event_counts.PURPOSE),
        "keys": [_line(key, may_manage=may_manage) for key in rows],
        "may_manage": may_manage,
        "may_make": may_manage and source.key != PLATFORM,
        "fresh": fresh.key if fresh else "",
        "refused": refusals.said(refused) if refused else "",
    }
    return render(request, "console/source.html", shown, status=409 if refused else 200)


def _line(key: WriteKey, *, may_manage: bool) -> KeyLine:
    in_force = write_keys.is_in_force(key, as_of=clock.now())
    can_be_replaced = may_manage and in_force and key.ends_at is None
    return KeyLine(
        key=key,
        start=sources.start_of(key),
        is_in_force=in_force,
        form=OverlapForm(auto_id=f"{key.pk}_%s") if can_be_replaced else None,
    )
