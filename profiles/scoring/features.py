"""
What a model may know about a person at one moment: rows for (person, moment) pairs.

Only what happened strictly before the moment counts, and only rows that the open window shows; a
person without any looks like a new one. One statement for any number of pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from cdp.kernel import database
from cdp.kernel.protected import Category
from cdp.kernel.windows import required
from profiles.scoring.registry import ResponseMapping
from profiles.traits.place import Place

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a model: its unit and the category of data it reads; `words` names it."""

    name: str
    unit: str
    category: Category


FEATURES: tuple[Feature, ...] = (
    Feature("orders", "orders", Category.PURCHASE),
    Feature("spend_minor", "minor units", Category.PURCHASE),
    Feature("days_since_order", "days", Category.PURCHASE),
    Feature("orders_with_coupon", "orders", Category.PURCHASE),
    Feature("responses_before", "responses", Category.PURCHASE),
)
NAMES = tuple(feature.name for feature in FEATURES)
SIMPLE = "responses_before"  # with the kind of contact, the two-feature model to be matched


@dataclass(frozen=True, slots=True)
class Behavior:
    """What people bought in a time window, one position a person, in the order of ids."""

    subjects: list[UUID] = field(default_factory=list)
    recency_days: list[int] = field(default_factory=list)
    frequency: list[int] = field(default_factory=list)
    money_minor: list[int] = field(default_factory=list)


_COMPUTE = """
WITH asked AS MATERIALIZED (
  SELECT n, subject_id, at
    FROM unnest(%(subjects)s::uuid[], %(at)s::timestamptz[]) WITH ORDINALITY AS u(subject_id, at, n)
),
origins AS MATERIALIZED (
  SELECT o.origin, o.subject_id FROM kernel_origin o
   WHERE o.subject_id IN (SELECT subject_id FROM asked)
),
orders AS MATERIALIZED (
  SELECT o.subject_id, p.order_key, p.happened_at,
         sum(p.amount_minor) FILTER (WHERE %(currency)s = '' OR p.currency IN ('', %(currency)s))
           AS spend
    FROM origins o JOIN profiles_purchase p ON p.subject_id = o.origin
   WHERE p.happened_at < %(latest)s
   GROUP BY 1, 2, 3
),
happened AS MATERIALIZED (
  SELECT o.subject_id, e.happened_at, e.name = %(response)s AS answered,
         e.name = %(order)s AND CASE WHEN jsonb_typeof(e.properties #> %(discount)s) = 'number'
           THEN (e.properties #>> %(discount)s)::numeric > 0 ELSE false END AS with_coupon
    FROM origins o JOIN profiles_event e ON e.subject_id = o.origin
   WHERE e.name IN (%(response)s, %(order)s) AND e.happened_at < %(latest)s
),
bought AS (
  SELECT a.n, count(DISTINCT o.order_key) AS orders, coalesce(sum(o.spend), 0) AS spend,
         max(o.happened_at) AS last_at
    FROM asked a JOIN orders o ON o.subject_id = a.subject_id AND o.happened_at < a.at
   GROUP BY a.n
),
did AS (
  SELECT a.n, count(*) FILTER (WHERE h.with_coupon) AS coupons,
         count(*) FILTER (WHERE h.answered) AS answers
    FROM asked a JOIN happened h ON h.subject_id = a.subject_id AND h.happened_at < a.at
   WHERE h.with_coupon OR h.answered
   GROUP BY a.n
)
SELECT coalesce(b.orders, 0)::float8, greatest(coalesce(b.spend, 0), 0)::float8,
       ((a.at AT TIME ZONE %(zone)s)::date - (b.last_at AT TIME ZONE %(zone)s)::date)::float8,
       coalesce(d.coupons, 0)::float8, coalesce(d.answers, 0)::float8
  FROM asked a LEFT JOIN bought b ON b.n = a.n LEFT JOIN did d ON d.n = a.n
 ORDER BY a.n
"""


def compute(
    subjects: Sequence[UUID], at: Sequence[datetime], *, mapping: ResponseMapping, where: Place
) -> Floats:
    """
    Return the features of each (subject, moment) pair, shape (n, 5), columns as `NAMES`.

    Days since the last order are NaN for a person without one; refunds never make spend negative.

    :raises PurposeRequired: no window is open
    """
    required()
    if not subjects:
        return np.empty((0, len(NAMES)))
    with database.cursor() as sql:
        sql.execute(
            _COMPUTE,
            {
                "subjects": list(subjects),
                "at": list(at),
                "latest": max(at),
                "response": mapping.response_event,
                "order": mapping.order_event,
                "discount": list(mapping.discount_path),
                "currency": where.currency,
                "zone": where.zone,
            },
        )
        return np.array(sql.fetchall(), dtype=np.float64)


_BEHAVIOR = """
SELECT o.subject_id,
       (%(as_of)s AT TIME ZONE %(zone)s)::date - (max(p.happened_at) AT TIME ZONE %(zone)s)::date,
       count(DISTINCT p.order_key),
       coalesce(sum(p.amount_minor)
         FILTER (WHERE %(currency)s = '' OR p.currency IN ('', %(currency)s)), 0)::bigint
  FROM kernel_origin o
  JOIN profiles_profile f ON f.subject_id = o.subject_id
  JOIN profiles_purchase p ON p.subject_id = o.origin
 WHERE p.happened_at >= %(since)s AND p.happened_at < %(as_of)s
   AND (%(everybody)s OR o.subject_id = ANY (%(subjects)s::uuid[]))
 GROUP BY o.subject_id ORDER BY o.subject_id
"""


def behavior(
    subjects: Sequence[UUID] | None, *, as_of: datetime, window: timedelta, where: Place
) -> Behavior:
    """
    Return what `subjects` (None: everybody in sight) bought in `[as_of − window, as_of)`.

    :raises PurposeRequired: no window is open
    """
    required()
    with database.cursor() as sql:
        sql.execute(
            _BEHAVIOR,
            {
                "as_of": as_of,
                "since": as_of - window,
                "everybody": subjects is None,
                "subjects": list(subjects or ()),
                "currency": where.currency,
                "zone": where.zone,
            },
        )
        rows: list[tuple[Any, ...]] = sql.fetchall()
    found = Behavior()
    for subject, recency, frequency, money in rows:
        found.subjects.append(subject)
        found.recency_days.append(recency)
        found.frequency.append(frequency)
        found.money_minor.append(money)
    return found
