"""Segments: a rule compiled and asked of everybody, against SQL written by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import clock
from cdp.kernel.roles import Role
from consent import purposes
from consent.window import purpose
from profiles.segments import create, matching, refresh
from profiles.segments.matching import PURPOSE
from profiles.segments.rules import parse

DAYS, SPENT_MINOR, ORDERS, DEPARTMENTS = 90, 20_00, 2, ("GROCERY", "PRODUCE")
RULE: dict[str, Any] = {
    "version": 1,
    "where": {
        "all": [
            {
                "event": "Order Completed",
                "where": [{"property": "department", "op": "in", "value": list(DEPARTMENTS)}],
                "window": {"last_days": DAYS},
                "measure": "sum",
                "op": "gt",
                "value": SPENT_MINOR,
            },
            {
                "event": "Order Completed",
                "where": [],
                "window": {"last_days": DAYS},
                "measure": "count",
                "op": "ge",
                "value": ORDERS,
            },
        ]
    },
}
_BY_HAND = """
    SELECT o.subject_id
      FROM profiles_purchase p
      JOIN kernel_origin o ON o.origin = p.subject_id AND o.purpose_bits & %(mask)s <> 0
      JOIN profiles_profile f ON f.subject_id = o.subject_id AND f.purpose_bits & %(mask)s <> 0
     WHERE p.purpose_bits & %(mask)s <> 0
       AND p.happened_at >= %(since)s AND p.happened_at < %(as_of)s
     GROUP BY o.subject_id
    HAVING sum(p.amount_minor) FILTER (WHERE p.department = ANY(%(departments)s)
                                         AND p.currency IN ('', 'USD')) > %(spent)s
       AND count(DISTINCT p.order_key) >= %(orders)s
     ORDER BY o.subject_id"""
_MEMBERS_BY_HAND = f"""
    INSERT INTO bench.membership (segment_id, subject_id, entered_at)
    SELECT %(segment)s, m.subject_id, %(as_of)s FROM ({_BY_HAND}) m"""
_TABLE = """
    CREATE TABLE bench.membership (segment_id int, subject_id uuid, entered_at timestamptz,
                                   UNIQUE (segment_id, subject_id))"""


def measure(town: Town) -> list[Comparison]:
    """Compare matching and refreshing with hand-written SQL of the same rule."""
    town.tell(_TABLE)
    as_of, number = clock.now(), count()
    facts = _facts(as_of)
    made: list[UUID] = []

    def match() -> list[UUID]:
        with purpose(PURPOSE, actor=ACTOR):
            return matching.subjects(parse(RULE), on=matching.ground(as_of))

    def create_anew() -> None:
        name = f"Benchmark {next(number)}"
        made.append(create.create_segment(name, rule=RULE, actor=ACTOR).pk)

    def refresh_it() -> refresh.Change:
        return refresh.refresh(made[-1], as_of=as_of, actor=ACTOR)

    def insert() -> None:
        town.administrator.execute(_MEMBERS_BY_HAND, {**facts, "segment": next(number)})

    with town.through(Role.WORKER):
        create_anew()
        members = _prove(town, facts, match, refresh_it)
        matched, asked, refreshed, inserted = race(
            Way(match),
            Way(lambda: town.ask(_BY_HAND, facts)),
            Way(refresh_it, before=create_anew),
            Way(insert),
            rounds=town.size.rounds,
        )
    lines = town.ask("SELECT count(*) FROM profiles_purchase")[0][0]
    size = f"{members:,} of {town.size.residents:,} people match, over {lines:,} order lines"
    return [
        Comparison(
            "segment", "compile a rule and match", "SQL by hand, bits filtered", "question", size,
            "The rest is reading the rule, Ibis, and the window.", matched, asked,
        ),
        Comparison(
            "segment", "refresh, everybody enters", "INSERT … SELECT by hand", "refresh", size,
            "The rest is a reason for each member, the stamp, the entry, the reach by e-mail.",
            refreshed, inserted,
        ),
    ]  # fmt: skip


def _facts(as_of: datetime) -> dict[str, Any]:
    return {
        "mask": purposes.mask(PURPOSE),
        "since": as_of - timedelta(days=DAYS),
        "as_of": as_of,
        "departments": list(DEPARTMENTS),
        "spent": SPENT_MINOR,
        "orders": ORDERS,
    }


def _prove(
    town: Town,
    facts: dict[str, Any],
    match: Callable[[], list[UUID]],
    refresh_it: Callable[[], refresh.Change],
) -> int:
    """Make sure that both find the same people, not everybody and not nobody."""
    by_hand = {row[0] for row in town.ask(_BY_HAND, facts)}
    must_agree("match a rule", [set(match()), by_hand])
    must_agree("refresh a segment", [refresh_it().entered, len(by_hand)])
    must_differ("the rule", len(by_hand), 0)
    must_differ("the rule", len(by_hand), town.size.residents)
    return len(by_hand)
