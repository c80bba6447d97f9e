"""Explain a person's scores from what was stored when they were computed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.kernel.windows import required
from profiles.scoring import registry, words
from profiles.scoring.models import Score


@dataclass(frozen=True, slots=True)
class ScoreExplained:
    """One score in words; `contributions` are the stored ones, strongest first."""

    model: str
    label: str
    value: float
    band: str
    band_label: str
    headline: str
    reasons: list[str]
    contributions: list[dict[str, Any]]
    version_id: UUID
    as_of: datetime
    expires_at: datetime


def explain(
    subjects: list[UUID], *, as_of: datetime, language: str = "en", limit: int = 3
) -> list[ScoreExplained]:
    """
    Return the scores in force at `as_of` of one person, under all ids they had, by model.

    Works in a purpose window and in the person's own. A score past its time is unknown.

    :raises PurposeRequired: no window is open
    """
    required()
    rows = Score.objects.filter(subject_id__in=subjects, expires_at__gt=as_of).order_by("model")
    return [_in_words(row, language=language, limit=limit) for row in rows]


def _in_words(row: Score, *, language: str, limit: int) -> ScoreExplained:
    known = registry.MODELS.get(row.model)
    band = words.CELLS.get(row.band) or words.BANDS.get(row.band) or {"en": row.band}
    return ScoreExplained(
        model=row.model,
        label=words.pick(known.label, language) if known else row.model,
        value=row.value,
        band=row.band,
        band_label=words.pick(band, language),
        headline=words.headline(row.model, value=row.value, band=row.band, language=language),
        reasons=words.reasons(row.model, row.contributions, language=language, limit=limit),
        contributions=row.contributions,
        version_id=row.version_id,
        as_of=row.as_of,
        expires_at=row.expires_at,
    )
