"""Sources: where events come from, whether they still come, and what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from cdp.console import event_counts, names
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import clock
from profiles.models import Quarantined, Source, WriteKey
from profiles.sources import write_keys

DAYS = 30
KEY_SHOWN = 6  # characters of a write key that tell it from others

KINDS: Mapping[str, names.Text] = {
    "site": _("web site"),
    "app": _("app"),
    "shop": _("shop"),
    "file": _("file"),
    "server": _("server"),
}


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source as the screen shows it; `keys` are the starts of its write keys."""

    id: UUID
    name: str
    key: str
    kind: str
    consent_authority: bool
    generated: bool
    paused_at: datetime | None
    keys: list[str]
    events: int
    last_received_at: datetime | None
    refused: int


def start_of(key: WriteKey) -> str:
    """Return what tells a write key from others."""
    return f"{key.key[:KEY_SHOWN]}…"


def kind_of(source: Source) -> str:
    """Return what kind of source it is, in words."""
    return str(KINDS.get(source.kind, source.kind))


def _lines(request: ConsoleRequest) -> list[SourceLine]:
    counted = event_counts.by_source(request, days=DAYS, until=clock.now())
    sources = list(Source.objects.order_by("name"))
    starts: dict[UUID, list[str]] = {source.id: [] for source in sources}
    for key in write_keys.in_force(clock.now()):
        starts[key.source_id].append(start_of(key))
    refused = dict(Quarantined.objects.values_list("source_id").annotate(n=Count("id")).order_by())
    nothing = event_counts.SourceCount(0, None)
    return [
        SourceLine(
            id=source.id,
            name=source.name,
            key=source.key,
            kind=kind_of(source),
            consent_authority=source.consent_authority,
            generated=source.generated,
            paused_at=source.paused_at,
            keys=starts[source.id],
            events=counted.get(source.id, nothing).events,
            last_received_at=counted.get(source.id, nothing).last_received_at,
            refused=refused.get(source.id, 0),
        )
        for source in sources
    ]


@require_GET
@needs("events:read")
def show_sources(request: ConsoleRequest) -> HttpResponse:
    """List sources with their last thirty days, their keys and what waits in quarantine."""
    waiting = (
        Quarantined.objects.values_list("reason")
        .annotate(n=Count("id"))
        .order_by("-n", "reason")[:20]
    )
    shown = {
        "sources": _lines(request),
        "waiting": list(waiting),
        "endpoint": f"{settings.PUBLIC_URL}/v1/batch",
        "days": DAYS,
        "purpose": names.purpose(event_counts.PURPOSE),
    }
    return render(request, "console/sources.html", shown)
