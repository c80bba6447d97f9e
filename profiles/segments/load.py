"""Load what a rule may ask about one person, from the open window, as plain facts."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.windows import required
from profiles.segments.facts import EventFact, Line, PersonFacts, ScoreFact, TraitFact
from profiles.segments.ground import Ground
from profiles.segments.tree import ANY, EventLeaf, Node, leaves
from profiles.traits.definitions import ORDER_COMPLETED

_ORIGINS = "(SELECT origin FROM kernel_origin WHERE subject_id = %(subject)s)"


def load(subject: UUID, rule: Node, *, ground: Ground) -> PersonFacts | None:
    """
    Return one person's facts, events only as far as the rule looks; None if nobody is visible.

    :raises PurposeRequired: no window is open
    """
    required()
    if not _rows("SELECT 1 FROM profiles_profile WHERE subject_id = %(subject)s", subject):
        return None
    events = [leaf for _, leaf in leaves(rule) if isinstance(leaf, EventLeaf)]
    bought = [leaf for leaf in events if leaf.event == ORDER_COMPLETED]
    other = [leaf for leaf in events if leaf.event != ORDER_COMPLETED]
    return PersonFacts(
        subject=subject,
        computed=_computed(subject),
        declared=_declared(subject),
        scores=_scores(subject),
        segments=frozenset(
            segment
            for (segment,) in _rows(
                "SELECT segment_id FROM profiles_membership WHERE subject_id = %(subject)s", subject
            )
        ),
        purchases=_purchases(subject, bought, ground) if bought else (),
        events=_events(subject, other, ground) if other else (),
    )


def _computed(subject: UUID) -> dict[str, TraitFact]:
    rows = _rows(
        """SELECT key, number, text, items, at FROM profiles_computedtrait
           WHERE subject_id = %(subject)s""",
        subject,
    )
    return {
        key: TraitFact(number, text, None if items is None else tuple(items), at)
        for key, number, text, items, at in rows
    }


def _declared(subject: UUID) -> dict[str, TraitFact]:
    rows = _rows(
        "SELECT key, number, text FROM profiles_declaredtrait WHERE subject_id = %(subject)s",
        subject,
    )
    return {key: TraitFact(number, text) for key, number, text in rows}


def _scores(subject: UUID) -> dict[str, ScoreFact]:
    rows = _rows(
        """SELECT model, value, band, expires_at FROM profiles_score
           WHERE subject_id = %(subject)s""",
        subject,
    )
    return {model: ScoreFact(value, band, expires_at) for model, value, band, expires_at in rows}


def _purchases(subject: UUID, asked: Iterable[EventLeaf], ground: Ground) -> list[Line]:
    rows = _rows(
        f"""SELECT order_key, happened_at, amount_minor, quantity, currency, product, department,
                   product_category, brand
              FROM profiles_purchase
             WHERE subject_id IN {_ORIGINS}
               AND (%(since)s::timestamptz IS NULL OR happened_at >= %(since)s)
               AND happened_at < %(as_of)s""",
        subject,
        since=_earliest(asked, ground),
        as_of=ground.as_of,
    )
    return [Line(*row) for row in rows]


def _events(subject: UUID, asked: Iterable[EventLeaf], ground: Ground) -> list[EventFact]:
    names = {leaf.event for leaf in asked}
    rows = _rows(
        f"""SELECT name, kind, happened_at, properties::text, amount_minor, currency
              FROM profiles_event
             WHERE subject_id IN {_ORIGINS} AND (%(any)s OR name = ANY (%(names)s))
               AND (%(since)s::timestamptz IS NULL OR happened_at >= %(since)s)
               AND happened_at < %(as_of)s""",
        subject,
        any=ANY in names,
        names=sorted(names),
        since=_earliest(asked, ground),
        as_of=ground.as_of,
    )
    return [
        EventFact(name, kind, happened_at, json.loads(properties), amount_minor, currency)
        for name, kind, happened_at, properties, amount_minor, currency in rows
    ]


def _earliest(asked: Iterable[EventLeaf], ground: Ground) -> datetime | None:
    """Return from when on events are needed; None is from the beginning."""
    starts = [ground.span(leaf.window)[0] for leaf in asked]
    known = [start for start in starts if start is not None]
    return min(known) if len(known) == len(starts) else None


def _rows(statement: str, subject: UUID, **facts: Any) -> list[tuple[Any, ...]]:
    with database.cursor() as sql:
        sql.execute(statement, {"subject": subject, **facts})
        return list(sql.fetchall())
