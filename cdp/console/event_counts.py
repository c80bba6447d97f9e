"""
What the event log counts to, for overview and sources.

Read under “Statistics about all customers”: people who object to statistics are not in it. Ranges
are bounded by `happened_at`, so that only the months asked for are scanned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from cdp.console.access import ConsoleRequest
from cdp.kernel import database
from consent.window import purpose

PURPOSE = "analytics.aggregate"
ORDER, CLICK = "Order Completed", "Email Link Clicked"


@dataclass(frozen=True, slots=True)
class Activity:
    """Orders and clicks of a range of days; amounts in minor units of the shop's currency."""

    days: list[date]
    orders: list[int]
    revenue_minor: int
    clicks: int

    @property
    def orders_total(self) -> int:
        """Return the orders of the whole range."""
        return sum(self.orders)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What one source sent in a range of days."""

    events: int
    last_received_at: datetime | None


def activity(request: ConsoleRequest, *, days: int, until: datetime) -> Activity:
    """Return orders a day, their amount and the clicks of the `days` days before `until`."""
    since = until - timedelta(days=days)
    with purpose(PURPOSE, actor=request.actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT name, (happened_at AT TIME ZONE 'UTC')::date AS day,
                      count(*), coalesce(sum(amount_minor), 0)::bigint
                 FROM profiles_event
                WHERE happened_at >= %s AND happened_at < %s AND name IN (%s, %s)
                GROUP BY 1, 2""",
            [since, until, ORDER, CLICK],
        )
        rows = sql.fetchall()
        using.doing("count_events", ref="console.overview")
    every_day = [(since + timedelta(days=n + 1)).date() for n in range(days)]
    orders = {day: count for name, day, count, _minor in rows if name == ORDER}
    return Activity(
        days=every_day,
        orders=[orders.get(day, 0) for day in every_day],
        revenue_minor=sum(minor for name, _day, _count, minor in rows if name == ORDER),
        clicks=sum(count for name, _day, count, _minor in rows if name == CLICK),
    )


def by_source(request: ConsoleRequest, *, days: int, until: datetime) -> Mapping[UUID, SourceCount]:
    """Return what each source sent about the `days` days before `until`."""
    with purpose(PURPOSE, actor=request.actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT source_id, count(*), max(received_at) FROM profiles_event
                WHERE happened_at >= %s AND happened_at < %s GROUP BY 1""",
            [until - timedelta(days=days), until],
        )
        rows = sql.fetchall()
        using.doing("count_events", ref="console.sources")
    return {source: SourceCount(count, last) for source, count, last in rows}
