"""Why a decision about a person was taken, written when it was taken, never reconstructed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from consent import origins
from consent.models import Explanation


@dataclass(frozen=True, slots=True)
class Draft:
    """An explanation on its way to be kept. Texts are by language; facts name labels only."""

    subject: UUID
    kind: str
    ref: str
    purpose: str
    basis: str
    title: str
    rule_plain: dict[str, str] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    choice: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    contributions: list[dict[str, Any]] = field(default_factory=list)
    notice_number: int | None = None


def write_many(drafts: Iterable[Draft]) -> None:
    """Keep explanations in the transaction of their decisions."""
    Explanation.objects.bulk_create(
        (
            Explanation(
                subject_id=draft.subject,
                kind=draft.kind,
                ref=draft.ref,
                purpose_key=draft.purpose,
                basis=draft.basis,
                title=draft.title,
                rule_plain=draft.rule_plain,
                facts=draft.facts,
                choice=draft.choice,
                model=draft.model,
                contributions=draft.contributions,
                notice_number=draft.notice_number,
            )
            for draft in drafts
        ),
        batch_size=1_000,
    )


def of_subject(subject: UUID, *, limit: int = 50) -> list[Explanation]:
    """Return a person's explanations, newest first; call it in their own window."""
    subjects = origins.of_people([subject])[subject]
    return list(Explanation.objects.filter(subject_id__in=subjects).order_by("-created_at")[:limit])


def find(subject: UUID, explanation: UUID) -> Explanation:
    """
    Return one explanation of one person.

    :raises Explanation.DoesNotExist: there is none of theirs
    """
    subjects = origins.of_people([subject])[subject]
    return Explanation.objects.get(pk=explanation, subject_id__in=subjects)
