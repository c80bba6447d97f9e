"""The purpose window: what the wall around people's rows costs a query over everybody."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cdp.benchmarks import residents
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent import purposes
from consent.window import purpose

PURPOSE = "profiling.segmentation"
DEPARTMENT, SPENT_MINOR, DAYS = "GROCERY", 5_00, 60
TIMES = 5

_SPENDERS = """
    SELECT count(*), sum(spent) FROM (
        SELECT o.subject_id, sum(p.amount_minor) AS spent
          FROM profiles_purchase p JOIN kernel_origin o ON o.origin = p.subject_id {join}
         WHERE p.happened_at >= %(since)s AND p.department = %(department)s {where}
         GROUP BY o.subject_id HAVING sum(p.amount_minor) > %(spent)s) spenders"""
BARE = _SPENDERS.format(join="", where="")
BY_BITS = _SPENDERS.format(
    join="",
    where="""AND p.workspace_id = %(workspace)s AND p.purpose_bits & %(mask)s <> 0
             AND o.workspace_id = %(workspace)s AND o.purpose_bits & %(mask)s <> 0""",
)
BY_JOIN = _SPENDERS.format(
    join="JOIN bench.consent c ON c.subject_id = o.subject_id AND c.purpose = %(purpose)s",
    where="AND c.granted",
)
_NEWEST = """
    SELECT e.id, e.happened_at, e.name FROM profiles_event e
      JOIN kernel_origin o ON o.origin = e.subject_id
     WHERE o.subject_id = %(subject)s ORDER BY e.happened_at DESC LIMIT 25"""
# What a platform without purpose bits has: one row a person and purpose.
_CONSENT = """
    CREATE TABLE bench.consent AS
        SELECT c.subject_id, p.key AS purpose, c.purpose_bits & (1::bigint << p.bit) <> 0 AS granted
          FROM consent_permission c CROSS JOIN consent_purpose p WHERE c.category = 3"""


def measure(town: Town) -> list[Comparison]:
    """Compare one segment-like count in the window with filters that somebody could forget."""
    town.tell(
        _CONSENT,
        "ALTER TABLE bench.consent ADD PRIMARY KEY (subject_id, purpose)",
        "VACUUM ANALYZE bench.consent",
    )
    facts = {
        "since": clock.now() - timedelta(days=DAYS),
        "department": DEPARTMENT,
        "spent": SPENT_MINOR,
        "workspace": town.workspace,
        "mask": purposes.mask(PURPOSE),
        "purpose": PURPOSE,
    }
    with town.through(Role.WORKER):
        _prove(town, facts)
        opened, filtered, joined = race(
            Way(lambda: [_in_a_window(facts) for _ in range(TIMES)], TIMES),
            Way(lambda: [town.ask(BY_BITS, facts) for _ in range(TIMES)], TIMES),
            Way(lambda: [town.ask(BY_JOIN, facts) for _ in range(TIMES)], TIMES),
            rounds=town.size.rounds,
        )
        with purpose(PURPOSE, actor=ACTOR):
            inside, alone, bare = race(
                Way(lambda: [_query(BARE, facts) for _ in range(TIMES)], TIMES),
                Way(lambda: [town.ask(BY_BITS, facts) for _ in range(TIMES)], TIMES),
                Way(lambda: [town.ask(BARE, facts) for _ in range(TIMES)], TIMES),
                rounds=town.size.rounds,
            )
            one = {"subject": town.subject_of(residents.REGULAR)}
            must_agree("read one person", [len(_query(_NEWEST, one)), len(town.ask(_NEWEST, one))])
            newest, unguarded = race(
                Way(lambda: [_query(_NEWEST, one) for _ in range(TIMES)], TIMES),
                Way(lambda: [town.ask(_NEWEST, one) for _ in range(TIMES)], TIMES),
                rounds=town.size.rounds,
            )
    lines = town.ask("SELECT count(*) FROM profiles_purchase")[0][0]
    size = f"{TIMES} counts a round over {lines:,} order lines of {town.size.residents:,} people"
    return [
        Comparison(
            "window", "count in an open window", "same count, bits filtered by hand", "count",
            size, "What row-level security itself costs.", inside, alone,
        ),
        Comparison(
            "window", "count in an open window", "same query, no policy and no filter", "count",
            size, "Aim: at most 1.3. The reference counts those who refused, too.", inside, bare,
        ),
        Comparison(
            "window", "one person's newest events in an open window",
            "same query, no policy and no filter", "person",
            f"{TIMES} reads a round: the 25 newest events of a regular",
            "Aim: at most 1.3.", newest, unguarded,
        ),
        Comparison(
            "window", "open, count, record, commit", "same count, bits filtered by hand", "count",
            size, "With the transaction, the settings and the data-use row.", opened, filtered,
        ),
        Comparison(
            "window", "open, count, record, commit", "same count, joined with a consent table",
            "count", size, "The usual design: a join that every query has to remember.", opened,
            joined,
        ),
    ]  # fmt: skip


def _prove(town: Town, facts: Mapping[str, Any]) -> None:
    """Make sure that all ways count the same people, and fewer than there are."""
    counted = _in_a_window(facts)
    must_agree("count spenders", [counted, town.ask(BY_BITS, facts), town.ask(BY_JOIN, facts)])
    must_differ("counting under a purpose", counted, town.ask(BARE, facts))


def _in_a_window(facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with purpose(PURPOSE, actor=ACTOR):
        return _query(BARE, facts)


def _query(statement: str, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as sql:
        sql.execute(statement, facts)
        return list(sql.fetchall())
