"""What we worked out: groups, interests and scores, in words and with what weighed most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
from profiles.scoring.models import ModelVersion, Score
from profiles.segments.models import Member, Segment
from profiles.traits.definitions import CELL_LABELS, DEFINITIONS, Kind, Unit
from profiles.traits.models import ComputedTrait

MOST_WEIGHTS = 3
_NEEDED = ("profiling.segmentation", "profiling.scoring")


@dataclass(frozen=True, slots=True)
class Group:
    """A segment that the person is in."""

    name: str
    description: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """One score in words, with what weighed most and which model version said so."""

    title: str
    value: str
    weights: tuple[str, ...]
    model: str
    version: int | None
    as_of: datetime
    expires_at: datetime


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
        estimates = _estimates(subject)
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
    entered = dict(
        Member.objects.filter(subject_id=subject).values_list("segment_id", "entered_at")
    )
    found = Segment.objects.filter(pk__in=list(entered), archived_at=None).order_by("name")
    return [Group(each.name, each.description, entered[each.pk]) for each in found]


def _estimates(subject: UUID) -> list[Estimate]:
    rows = list(
        Score.objects.filter(subject_id=subject, expires_at__gt=clock.now()).order_by("model")
    )
    versions = dict(
        ModelVersion.objects.filter(pk__in=[row.version_id for row in rows]).values_list(
            "id", "number"
        )
    )
    return [_estimate(row, versions.get(row.version_id)) for row in rows]


def _estimate(row: Score, version: int | None) -> Estimate:
    title, value = _in_words(row)
    strongest = sorted(row.contributions, key=_strength, reverse=True)[:MOST_WEIGHTS]
    return Estimate(
        title=title,
        value=value,
        weights=tuple(_weight(each) for each in strongest),
        model=row.model,
        version=version,
        as_of=row.as_of,
        expires_at=row.expires_at,
    )


def _in_words(row: Score) -> tuple[str, str]:
    """Return what a score is about and what it says; a probability as people out of a hundred."""
    if row.band in CELL_LABELS:
        return _("How you shop, compared with others"), words.said(CELL_LABELS[row.band])
    if "coupon" in row.model:
        title = _("How likely you are to use a coupon of the next campaign")
    else:
        title = row.model.replace("_", " ").replace("-", " ").capitalize()
    if 0 <= row.value <= 1:
        people = max(1, round(row.value * 100)) if row.value else 0
        return title, _("About %(people)s of 100 people like you do.") % {"people": people}
    return title, f"{row.value:g}"


def _strength(contribution: Mapping[str, Any]) -> float:
    return abs(float(contribution.get("effect") or 0))


def _weight(contribution: Mapping[str, Any]) -> str:
    label = contribution.get("label", "")
    text = words.said(label) if isinstance(label, Mapping) else str(label)
    if float(contribution.get("effect") or 0) > 0:
        return _("%(what)s: makes it more likely") % {"what": text}
    return _("%(what)s: makes it less likely") % {"what": text}


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
