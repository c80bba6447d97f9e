"""
Compute every trait of everybody who permits it, as of one moment, set by set.

Runs under `profiling.segmentation`: first the cut points of RFM over the whole population, then
one statement for each set of people, each in a window of its own, so that progress shows and no
window stays open for long. Source: intelligence reference, parts 1.3 and 1.4.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from cdp.kernel import database
from consent.window import purpose
from profiles.events.passive import PASSIVE_EVENTS
from profiles.traits.definitions import (
    ACTIVE_KINDS,
    CELLS,
    COUPON_REDEEMED,
    FAVORITE_MIN_ORDERS,
    FAVORITES,
    NO_FAVORITE,
    RECENT_SPEND_DAYS,
    RFM_WINDOW,
)
from profiles.traits.permitted import Stored, store
from profiles.traits.place import Place, here

PURPOSE = "profiling.segmentation"
CHUNK_PEOPLE = 1_000
_FIRST = UUID(int=0)
_CUTS = (Path(__file__).parent / "cuts.sql").read_text()
_COMPUTE = (Path(__file__).parent / "computed.sql").read_text()
_CELLS = {
    "".join(letter if good else "-" for letter, good in zip("RFM", goods, strict=True)): cell
    for goods, cell in CELLS.items()
}


class Advance(Protocol):
    """Told between windows how far the work is; may raise `JobCanceled`."""

    def __call__(
        self, *, done: int | None = None, total: int | None = None, phase: str | None = None
    ) -> None: ...


def unseen(*, done: int | None = None, total: int | None = None, phase: str | None = None) -> None:
    """Show progress to nobody."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Four cut points and the mean of each measure, over the people who bought in the window."""

    people: int = 0
    recency_days: tuple[float, ...] = ()
    frequency: tuple[float, ...] = ()
    monetary_minor: tuple[float, ...] = ()
    recency_mean: Decimal = Decimal(0)
    frequency_mean: Decimal = Decimal(0)
    monetary_mean: Decimal = Decimal(0)

    def as_json(self) -> dict[str, object]:
        """Return the cut points for a job's result; means as text keep every digit."""
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class TraitRun:
    """What one run did: people seen, rows written and removed, people who refuse such results."""

    people: int
    written: int
    removed: int
    refused: int
    cuts: Cuts


def compute(
    *,
    as_of: datetime,
    actor: object,
    job: UUID | None = None,
    advance: Advance = unseen,
    chunk_people: int = CHUNK_PEOPLE,
) -> TraitRun:
    """
    Compute the traits of everybody in sight; an older moment never overwrites a newer one.

    :raises JobCanceled: an operator asked to stop; what is finished is kept
    """
    place = here()
    with purpose(PURPOSE, actor=actor, job=job) as using:
        cuts = _cut_points(as_of, place)
        people = _count_people()
        using.doing("measure_population", people=people)
    advance(done=0, total=people, phase="compute")
    facts = _parameters(as_of, place, cuts)
    last, seen, stored = _FIRST, 0, Stored(0, 0)
    while True:
        with purpose(PURPOSE, actor=actor, job=job) as using:
            subjects = _people_after(last, limit=chunk_people)
            part = store(subjects, lambda some: _compute(some, facts))
            using.doing("compute_traits", people=len(subjects))
        stored = Stored(stored.rows + part.rows, stored.refused + part.refused)
        seen += len(subjects)
        advance(done=seen)
        if len(subjects) < chunk_people:
            break
        last = subjects[-1]
    with purpose(PURPOSE, actor=actor, job=job) as using:
        removed = _remove_older(as_of)
        using.doing("remove_stale_traits")
    return TraitRun(seen, stored.rows, removed, stored.refused, cuts)


def _cut_points(as_of: datetime, place: Place) -> Cuts:
    with database.cursor() as sql:
        sql.execute(
            _CUTS,
            {
                "as_of": as_of,
                "since": as_of - RFM_WINDOW,
                "zone": place.zone,
                "currency": place.currency,
            },
        )
        people, r, f, m, r_mean, f_mean, m_mean = sql.fetchone() or (0, *[None] * 6)
    if not people:
        return Cuts()
    return Cuts(people, tuple(r), tuple(f), tuple(m), r_mean, f_mean, m_mean)


def _parameters(as_of: datetime, place: Place, cuts: Cuts) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "since": as_of - RFM_WINDOW,
        "recent": as_of - timedelta(days=RECENT_SPEND_DAYS),
        "zone": place.zone,
        "currency": place.currency,
        "r_cuts": list(cuts.recency_days),
        "f_cuts": list(cuts.frequency),
        "m_cuts": list(cuts.monetary_minor),
        "r_mean": cuts.recency_mean,
        "f_mean": cuts.frequency_mean,
        "m_mean": cuts.monetary_mean,
        "cells": json.dumps(_CELLS),
        "no_favorite": list(NO_FAVORITE),
        "favorites": FAVORITES,
        "favorite_orders": FAVORITE_MIN_ORDERS,
        "active_kinds": list(ACTIVE_KINDS),
        "passive": list(PASSIVE_EVENTS),
        "coupon": COUPON_REDEEMED,
    }


def _count_people() -> int:
    with database.cursor() as sql:
        sql.execute("SELECT count(*) FROM profiles_profile")
        row = sql.fetchone()
    return int(row[0]) if row else 0


def _people_after(last: UUID, *, limit: int) -> list[UUID]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id FROM profiles_profile WHERE subject_id > %s
               ORDER BY subject_id LIMIT %s""",
            [last, limit],
        )
        return [subject for (subject,) in sql.fetchall()]


def _compute(subjects: Sequence[UUID], facts: dict[str, Any]) -> int:
    with database.cursor() as sql:
        sql.execute(_COMPUTE, {**facts, "subjects": list(subjects)})
        return int(sql.rowcount)


def _remove_older(as_of: datetime) -> int:
    with database.cursor() as sql:
        sql.execute("DELETE FROM profiles_computedtrait WHERE as_of < %s", [as_of])
        return int(sql.rowcount)
