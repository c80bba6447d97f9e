"""What we worked out: groups, interests and scores, in words and with what weighed most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cdp.kernel import clock
from cdp.portal import pages, words
from cdp.portal.access import PortalRequest, actor_of, customer_required
from consent import queries
from consent.window import subject_window
from profiles.records import own
from profiles.scoring.explain import ScoreExplained, explain
from profiles.scoring.models import ModelVersion
from profiles.segments.models import Member, Segment
from profiles.traits.definitions import DEFINITIONS, Kind, Unit
from profiles.traits.models import ComputedTrait

_NEEDED = ("profiling.segmentation", "profiling.scoring")


@dataclass(frozen=True, slots=True)
class Group:
    """A segment that the person is in, and their own facts that met its rule."""

    name: str
    description: str
    entered_at: datetime
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One score in words, and the number of the model version that gave it."""

    told: ScoreExplained
    version: int | None


@dataclass(frozen=True, slots=True)
class Trait:
    """One computed fact: its name and its value in words; money is left to the page."""

    label: str
    meaning: str
    text: str
    minor: int | None
    at: datetime | None


@require_safe
@customer_required
def scores(request: PortalRequest) -> HttpResponse:
    """Show groups, scores and computed facts; each may be switched off by its purpose."""
    subject, language = request.subject_id, get_language() or "en"
    with subject_window(subject, actor=actor_of(request)):
        groups = _groups(subject)
        estimates = _estimates(subject, language=language)
        traits = [_trait(row, language) for row in _known_traits(subject)]
        standings = queries.standing(subject, language=language)
    context = {
        "groups": groups,
        "estimates": estimates,
        "traits": traits,
        "switches": [each for each in standings if each.purpose in _NEEDED],
        "currency": _currency(request),
    }
    return pages.show(request, "scores.html", context, section="scores")


def _currency(request: PortalRequest) -> str:
    """Return the currency of computed amounts: the workspace's."""
    return str(request.workspace.settings.get("currency", "USD"))


def _groups(subject: UUID) -> list[Group]:
    rows = {row.segment_id: row for row in Member.objects.filter(subject_id=subject)}
    found = Segment.objects.filter(pk__in=list(rows), archived_at=None).order_by("name")
    return [
        Group(
            name=each.name,
            description=each.description,
            entered_at=rows[each.pk].entered_at,
            because=tuple(
                words.said(leaf["label"]) for leaf in rows[each.pk].reason if leaf["truth"]
            ),
        )
        for each in found
    ]


def _estimates(subject: UUID, *, language: str) -> list[Estimate]:
    found = explain(own.origins(subject), as_of=clock.now(), language=language)
    versions = dict(
        ModelVersion.objects.filter(pk__in=[each.version_id for each in found]).values_list(
            "id", "number"
        )
    )
    return [Estimate(each, versions.get(each.version_id)) for each in found]


def _known_traits(subject: UUID) -> list[ComputedTrait]:
    """Return the computed facts that the catalogue has words for, in its order."""
    rows = {row.key: row for row in ComputedTrait.objects.filter(subject_id=subject)}
    return [rows[key] for key in DEFINITIONS if key in rows]


def _trait(row: ComputedTrait, language: str) -> Trait:
    definition = DEFINITIONS[row.key]
    is_money = definition.unit is Unit.MINOR and row.number is not None
    return Trait(
        label=definition.label.get(language, definition.label["en"]),
        meaning=definition.meaning.get(language, definition.meaning["en"]),
        text="" if is_money else _value(row, definition.kind, definition.choices),
        minor=round(row.number) if is_money and row.number is not None else None,
        at=row.at if definition.kind is Kind.MOMENT else None,
    )


def _value(row: ComputedTrait, kind: Kind, choices: Mapping[str, Mapping[str, str]] | None) -> str:
    if kind is Kind.NUMBER:
        return "" if row.number is None else f"{row.number:g}"
    if kind is Kind.ITEMS:
        return _(", ").join(row.items or [])
    if kind is Kind.TEXT and row.text is not None:
        return words.said(choices[row.text]) if choices and row.text in choices else row.text
    return ""
