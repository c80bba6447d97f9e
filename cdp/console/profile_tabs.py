"""The tabs of one person's record: what each shows, and who may see it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit.inbox import record
from campaigns.models import Campaign
from cdp.console import ledger_words, names, paging, people, person_words
from cdp.console.access import ConsoleRequest
from cdp.kernel import clock, database
from consent.window import purpose
from profiles.models import Segment, Source
from profiles.scoring import explain

# Tab → title and the permission that shows it.
TABS: dict[str, tuple[str | Promise, str]] = {
    "timeline": (_("Timeline"), "profiles:read"),
    "traits": (_("Traits"), "profiles:read"),
    "identifiers": (_("Identifiers"), "profiles:read"),
    "scores": (_("Scores"), "profiles:read"),
    "segments": (_("Segments"), "profiles:read"),
    "messages": (_("Messages"), "profiles:read"),
    "permissions": (_("Permissions"), "profiles:read"),
    "uses": (_("Uses"), "profiles:read"),
}


def language() -> str:
    """Return the language that the page is read in."""
    return get_language() or "en"


def currency(request: ConsoleRequest) -> str:
    """Return the code of the currency that the workspace counts in."""
    return str(request.workspace.settings.get("currency", "USD"))


def _timeline(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    of = f"timeline.{subject}.{under}"
    position = paging.after(request.GET.get("after", ""), of=of)
    before = datetime.fromisoformat(position[0]) if position else None
    happened = people.timeline(subject, under=under, actor=request.actor, before=before)
    sources = dict(Source.objects.values_list("id", "name"))
    page = paging.page(
        person_words.events(happened, sources=sources),
        of=of,
        is_first=position is None,
        position=lambda event: [event.at.isoformat()],
        rows_shown=people.EVENTS_SHOWN,
    )
    return {"page": page}


def _traits(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    computed, stated = people.traits(subject, actor=request.actor)
    known = person_words.traits(computed, stated, language=language(), currency=currency(request))
    return {"traits": known, "panel_purpose": names.purpose(people.SEGMENTATION)}


def _identifiers(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    sources = dict(Source.objects.values_list("id", "name"))
    rows = [
        (person_words.IDENTIFIERS.get(line.kind, line.kind), sources.get(line.source, ""), line)
        for line in people.identifiers(subject, under=under, actor=request.actor)
    ]
    return {"identifiers": rows}


def _scores(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    with purpose(people.SCORING, actor=request.actor) as using:
        using.of([subject])
        using.doing("show_scores")
        told = explain.explain([subject], as_of=clock.now(), language=language(), limit=5)
    return {"scores": told, "panel_purpose": names.purpose(people.SCORING)}


def _segments(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    called = dict(Segment.objects.values_list("id", "name"))
    rows = [
        (
            called[line.segment],
            line,
            [person_words.text_in(leaf["label"], language()) for leaf in line.reason],
        )
        for line in people.memberships(subject, actor=request.actor)
        if line.segment in called
    ]
    return {"memberships": rows, "panel_purpose": names.purpose(people.SEGMENTATION)}


def _messages(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    campaigns = dict(Campaign.objects.values_list("id", "name"))
    rows = [
        (campaigns.get(line.campaign, ""), line)
        for line in people.messages(subject, under=under, actor=request.actor)
    ]
    return {"messages_to": rows}


def _permissions(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    return {}  # the page reads them anyway


def _uses(request: ConsoleRequest, subject: UUID, under: str) -> dict[str, Any]:
    uses = people.uses(subject, under=under, actor=request.actor)
    named = names.actors({use.actor for use in uses})
    with database.atomic():
        record(request.actor, "profile.show_uses", subject=subject)
    return {
        "uses": [
            (use.at, named.of(use.actor), ledger_words.use(use.act), names.purpose(use.purpose))
            for use in uses
        ]
    }


READERS: dict[str, Callable[[ConsoleRequest, UUID, str], dict[str, Any]]] = {
    "timeline": _timeline,
    "traits": _traits,
    "identifiers": _identifiers,
    "scores": _scores,
    "segments": _segments,
    "messages": _messages,
    "permissions": _permissions,
    "uses": _uses,
}
