"""Why did I get this: explanations as they were written when the decision was taken."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cdp.portal import pages, words
from cdp.portal.access import PortalRequest, actor_of, customer_required
from consent import explanations, purposes, queries
from consent.models import Explanation
from consent.queries import Standing
from consent.window import subject_window


@dataclass(frozen=True, slots=True)
class Ground:
    """One fact that weighed, in the reader's language."""

    text: str
    category: words.Words
    source: str
    at: str


@require_safe
@customer_required
def reasons(request: PortalRequest) -> HttpResponse:
    """List what was decided about this person, newest first."""
    with subject_window(request.subject_id, actor=actor_of(request)):
        found = explanations.of_subject(request.subject_id, limit=50)
    return pages.show(request, "reasons.html", {"explanations": found}, section="reasons")


@require_safe
@customer_required
def reason(request: PortalRequest, explanation_id: UUID) -> HttpResponse:
    """Show one decision: what we used, what the sender chose, and how to stop it."""
    language = get_language() or "en"
    with subject_window(request.subject_id, actor=actor_of(request)):
        found = _find(request.subject_id, explanation_id)
        standings = queries.standing(request.subject_id, language=language)
    if found is None:
        raise Http404
    context = {
        "explanation": found,
        "purpose": purposes.label(found.purpose_key, language),
        "rule": words.said(found.rule_plain),
        "grounds": [_ground(fact) for fact in found.facts],
        "choices": _choices(found.choice),
        "contributions": [_weight(each) for each in found.contributions],
        "switches": [each for each in standings if _stops(each, found.purpose_key)],
    }
    return pages.show(request, "reason.html", context, section="reasons")


def _find(subject: UUID, explanation: UUID) -> Explanation | None:
    try:
        return explanations.find(subject, explanation)
    except Explanation.DoesNotExist:
        return None


def _ground(fact: dict[str, Any]) -> Ground:
    return Ground(
        text=_label(fact),
        category=_category(fact.get("category")),
        source=str(fact.get("source", "")),
        at=str(fact.get("at", ""))[:10],
    )


def _category(given: object) -> words.Words:
    """Return the words of a category, which an explanation names by its number."""
    known = {int(category): label for category, label in words.CATEGORIES.items()}
    return known.get(given, "") if isinstance(given, int) else ""


def _label(given: dict[str, Any]) -> str:
    label = given.get("label", "")
    return words.said(label) if isinstance(label, dict) else str(label)


def _choices(choice: dict[str, Any]) -> list[str]:
    """Return the sender's choices in words: texts by language, in the order they were kept."""
    return [
        words.said(value) if isinstance(value, dict) else str(value)
        for value in choice.values()
        if value not in ("", None)
    ]


def _weight(contribution: dict[str, Any]) -> dict[str, object]:
    """Return one part of a model's number: its name and whether it speaks for or against."""
    effect = contribution.get("effect", 0)
    return {"text": _label(contribution), "raises": float(effect or 0) > 0}


def _stops(standing: Standing, purpose: str) -> bool:
    """Return whether switching this purpose off stops what was explained."""
    needed = (purpose, *purposes.spec(purpose).requires)
    return standing.switchable and standing.on and standing.purpose in needed
