"""
Score everybody who permits it, with the live version of a model.

People are walked through in the order of their ids, a window each ten thousand: read, compute and
store in one transaction, so that a withdrawal is either before it (the person is not seen) or after
it (the row is deleted). Rows that this run did not renew are removed at the end.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

import numpy as np
from django.db import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from audit.actors import Actor
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from consent.window import purpose
from profiles.scoring import features, registry, versions, words
from profiles.scoring.models import ModelVersion
from profiles.scoring.progress import Advance, unseen
from profiles.scoring.registry import Model, ResponseMapping, ResponseModel, RfmModel
from profiles.traits import place

CHUNK_PEOPLE = 10_000
REASONS = 5  # the strongest contributions kept with a score


@dataclass(frozen=True, slots=True)
class Scored:
    """How many people have a score now, and how many have none, by reason."""

    count: int
    skipped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One person's score, before it is stored."""

    subject: UUID
    value: float
    band: str
    contributions: list[dict[str, Any]] = field(default_factory=list)


Scorer = Callable[[Sequence[UUID]], list[Row]]


def score(
    model: Model,
    *,
    as_of: datetime,
    actor: Actor,
    job: UUID | None = None,
    group: str | None = None,
    chunk_people: int = CHUNK_PEOPLE,
    advance: Advance = unseen,
) -> Scored:
    """
    Score everybody in sight as of `as_of`; safe to repeat, and an older run never wins.

    `group` is the kind of the next contact (None: the most frequent one in training). People
    without any history are skipped (`no_history`), as are people whose permission for results
    about them is closed (`not_permitted`).

    :raises NoLiveVersion: no version passed its gates
    """
    version = versions.live(model.name)
    scorer = _scorer(model, version, as_of=as_of, group=group)
    expires_at = as_of + timedelta(days=model.keeps_days)
    count, skipped, last = 0, {"no_history": 0, "not_permitted": 0}, UUID(int=0)
    while True:
        with purpose(model.score_purpose, actor=actor, job=job) as using:
            subjects = _people_after(last, limit=chunk_people)
            rows = scorer(subjects)
            stored = _store(rows, version=version, as_of=as_of, expires_at=expires_at)
            using.doing("score", people=stored, ref=f"model:{model.name}/{version.number}")
        count += stored
        skipped["no_history"] += len(subjects) - len(rows)
        skipped["not_permitted"] += len(rows) - stored
        advance(done=count + sum(skipped.values()), phase="score")
        if len(subjects) < chunk_people:
            break
        last = subjects[-1]
    with purpose(model.score_purpose, actor=actor, job=job) as using:
        using.doing("remove_stale_scores", people=_remove_stale(model.name, before=as_of))
    return Scored(count, {reason: people for reason, people in skipped.items() if people})


def _people_after(last: UUID, *, limit: int) -> list[UUID]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id FROM profiles_profile WHERE subject_id > %s
               ORDER BY subject_id LIMIT %s""",
            [last, limit],
        )
        return [subject for (subject,) in sql.fetchall()]


def _scorer(model: Model, version: ModelVersion, *, as_of: datetime, group: str | None) -> Scorer:
    match model:
        case ResponseModel():
            return _response_scorer(model, version, as_of=as_of, group=group)
        case RfmModel():
            return _rfm_scorer(model, version, as_of=as_of)
        case _:
            assert_never(model)


def _response_scorer(
    model: ResponseModel, version: ModelVersion, *, as_of: datetime, group: str | None
) -> Scorer:
    algorithm = registry.load(model)
    fitted = algorithm.Fitted.from_json(versions.unpack(version))
    # what it was trained on is what it reads, whatever the registry says by now
    mapping = ResponseMapping.from_json(version.parameters["mapping"])
    next_group = group or version.parameters["next_group"]
    where, bands = place.here(), version.parameters["bands"]
    orders, answers = (features.NAMES.index(name) for name in ("orders", "responses_before"))

    def scores(subjects: Sequence[UUID]) -> list[Row]:
        numbers = features.compute(subjects, [as_of] * len(subjects), mapping=mapping, where=where)
        known = (numbers[:, orders] > 0) | (numbers[:, answers] > 0)
        kept = numbers[known]
        rows = algorithm.Examples(kept, np.full(len(kept), next_group))
        chances = algorithm.predict(fitted, rows)
        _, added = algorithm.contributions(fitted, rows)
        people = [subject for subject, is_known in zip(subjects, known, strict=True) if is_known]
        return [
            Row(
                subject=person,
                value=float(chance),
                band=band(float(chance), bands),
                contributions=_strongest(
                    {name: float(effects[at]) for name, effects in added.items()},
                    dict(zip(features.NAMES, kept[at].tolist(), strict=True)),
                    group=next_group,
                ),
            )
            for at, (person, chance) in enumerate(zip(people, chances, strict=True))
        ]

    return scores


def band(chance: float, bands: dict[str, float]) -> str:
    """Return high, medium or low against the rate of everybody at training. Pure."""
    if chance >= bands["high"]:
        return "high"
    return "low" if chance < bands["low"] else "medium"


def _strongest(
    effects: dict[str, float], values: dict[str, float], *, group: str
) -> list[dict[str, Any]]:
    """Return the strongest contributions, strongest first, ready for JSON."""
    ranked = sorted(effects.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return [
        words.contribution(name, values.get(name, group), effect=effect)
        for name, effect in ranked[:REASONS]
        if effect
    ]


def _rfm_scorer(model: RfmModel, version: ModelVersion, *, as_of: datetime) -> Scorer:
    algorithm = registry.load(model)
    cuts = algorithm.Cuts.from_json(version.parameters["cuts"])
    window, where = timedelta(days=version.parameters["window_days"]), place.here()

    def scores(subjects: Sequence[UUID]) -> list[Row]:
        found = features.behavior(subjects, as_of=as_of, window=window, where=where)
        rows = []
        for subject, r, f, m in zip(
            found.subjects, found.recency_days, found.frequency, found.money_minor, strict=True
        ):
            standing = algorithm.place(cuts, recency=r, frequency=f, money=m)
            reasons = [
                words.contribution("recency_days", r, effect=standing.r),
                words.contribution("frequency", f, effect=standing.f),
                words.contribution("money_minor", m, effect=standing.m),
            ]
            rows.append(Row(subject, float(standing.number), standing.cell, reasons))
        return rows

    return scores


# A person is stored only if the window still shows them; an older run changes nothing.
_UPSERT = """
INSERT INTO profiles_score AS s
       (id, subject_id, model, version_id, value, band, contributions, as_of, expires_at)
SELECT n.id, p.subject_id, %(model)s, %(version)s, n.value, n.band, n.contributions::jsonb,
       %(as_of)s, %(expires_at)s
  FROM unnest(%(ids)s::uuid[], %(subjects)s::uuid[], %(values)s::float8[], %(bands)s::text[],
              %(contributions)s::text[]) AS n(id, subject_id, value, band, contributions)
  JOIN profiles_profile p ON p.subject_id = n.subject_id
 ORDER BY p.subject_id
ON CONFLICT (subject_id, model) DO UPDATE
   SET version_id = EXCLUDED.version_id, value = EXCLUDED.value, band = EXCLUDED.band,
       contributions = EXCLUDED.contributions, as_of = EXCLUDED.as_of,
       expires_at = EXCLUDED.expires_at
 WHERE s.as_of <= EXCLUDED.as_of
"""


def _store(
    rows: Sequence[Row], *, version: ModelVersion, as_of: datetime, expires_at: datetime
) -> int:
    """
    Store scores and return for how many people.

    The database refuses a row about somebody who closed this purpose for results about them, or
    closes it meanwhile; halving finds them, and everybody else is stored.
    """
    if not rows:
        return 0
    try:
        with database.atomic(), database.cursor() as sql:
            sql.execute(
                _UPSERT,
                {
                    "model": version.model,
                    "version": version.id,
                    "as_of": as_of,
                    "expires_at": expires_at,
                    "ids": [uuid7() for _ in rows],
                    "subjects": [row.subject for row in rows],
                    "values": [row.value for row in rows],
                    "bands": [row.band for row in rows],
                    "contributions": [
                        json.dumps(row.contributions, ensure_ascii=False, allow_nan=False)
                        for row in rows
                    ],
                },
            )
            return len(rows)
    except ProgrammingError as refused:
        if not isinstance(refused.__cause__, InsufficientPrivilege):
            raise
    if len(rows) == 1:
        return 0
    middle = len(rows) // 2
    return sum(
        _store(part, version=version, as_of=as_of, expires_at=expires_at)
        for part in (rows[:middle], rows[middle:])
    )


def _remove_stale(model: str, *, before: datetime) -> int:
    with database.cursor() as sql:
        sql.execute("DELETE FROM profiles_score WHERE model = %s AND as_of < %s", [model, before])
        return int(sql.rowcount)
