"""
The Complete Journey sample as tracking calls: what a real retailer's systems would send.

Simulated data for education: 2,469 households, one year of purchases. Times are UTC. The year is
moved as a whole by whole days (`shift_days`), so that it ends yesterday; weekdays move with it.
"""

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from cdp.demo import tables
from cdp.demo.calls import SAMPLE, Call, identify, stamp, track
from cdp.demo.orders import orders
from cdp.demo.people import CHARACTERS
from cdp.demo.redemptions import read as read_redemptions
from cdp.demo.redemptions import redemptions

FIRST_DAY = date(2017, 1, 1)
LAST_DAY = date(2018, 1, 1)  # in UTC; the last basket was bought on the evening before, locally
DEMOGRAPHICS = (
    "age",
    "income",
    "home_ownership",
    "marital_status",
    "household_size",
    "household_comp",
    "kids_count",
)
TRAITS = ("age_band", "income_band", *DEMOGRAPHICS[2:])


@dataclass(frozen=True, slots=True)
class Counts:
    """How many calls the sample makes for some households."""

    households: int
    demographics: int
    contacts: int
    orders: int
    redemptions: int


def days_to_yesterday(today: date) -> int:
    """Return the shift, in days, after which the sample's last day is the day before `today`."""
    return (today - LAST_DAY).days - 1


def select_households(limit: int | None = None) -> tuple[int, ...]:
    """
    Return the ids of the first `limit` households (None: all).

    The characters of the demo come first, then the 801 households with demographics, then the
    rest, each group by id: a small demo is a rich one.
    """
    characters = [character.household for character in CHARACTERS]
    described = tables.columns("demographics", "household_id")[0]
    ranked = dict.fromkeys([*characters, *sorted(described), *tables.household_ids()])
    return tuple(ranked)[:limit]


def count(households: Collection[int]) -> Counts:
    """Return how many calls `households` make."""
    wanted = set(households)
    described = tables.columns("demographics", "household_id")[0]
    contacted = tables.columns("campaigns", "household_id")[0]
    return Counts(
        households=len(wanted),
        demographics=sum(household in wanted for household in described),
        contacts=sum(household in wanted for household in contacted),
        orders=tables.count_baskets(wanted),
        redemptions=len(read_redemptions(wanted)),
    )


def age_bands() -> dict[int, str]:
    """Return the recorded age band, such as "45-54" or "65+", where it is known."""
    return dict(zip(*tables.columns("demographics", "household_id", "age"), strict=True))


def demographics(households: Collection[int], *, shift_days: int) -> Iterator[Call]:
    """Yield one identify call per described household; unknown traits are left out."""
    wanted = set(households)
    at = stamp(datetime(*FIRST_DAY.timetuple()[:3], tzinfo=UTC), shift_days=shift_days)
    read = tables.columns("demographics", "household_id", *DEMOGRAPHICS)
    for household, *values in sorted(zip(*read, strict=True), key=itemgetter(0)):
        if household in wanted:
            traits = {key: value for key, value in zip(TRAITS, values, strict=True) if value}
            name = f"demographics:{household}"
            yield identify(household, name=name, at=at, traits=traits, context=SAMPLE)


def history(households: Collection[int], *, shift_days: int) -> Iterator[Call]:
    """
    Yield campaign contacts, orders and redemptions in one order of time.

    At one instant a contact comes before an order, and an order before its redemption.
    """
    everybody = len(set(households)) == len(tables.household_ids())
    merged = heapq.merge(
        contacts(households, shift_days=shift_days),
        orders(None if everybody else households, shift_days=shift_days),
        redemptions(households, shift_days=shift_days),
        key=itemgetter(0),  # stable across its inputs
    )
    return (call for _, call in merged)


def contacts(households: Collection[int], *, shift_days: int) -> list[tuple[int, Call]]:
    """
    Return (recorded second since 1970, call) for each campaign a household received.

    Contacts are recorded by campaign: the call carries the campaign's first day and says
    `time_inferred`. `ends_on` is the last day of the offer, which may lie ahead.
    """
    wanted = set(households)
    described = _campaigns()
    found = []
    for campaign, household in zip(
        *tables.columns("campaigns", "campaign_id", "household_id"), strict=True
    ):
        if household in wanted:
            kind, start, end = described[campaign]
            properties = {
                "campaign_id": str(campaign),
                "campaign_type": kind,
                "starts_on": stamp(start, shift_days=shift_days)[:10],
                "ends_on": stamp(end, shift_days=shift_days)[:10],
                "time_inferred": True,
            }
            call = track(
                "Campaign Received",
                household,
                name=f"contact:{household}:{campaign}",
                at=stamp(start, shift_days=shift_days),
                properties=properties,
                context=SAMPLE,
            )
            found.append((int(start.timestamp()), call))
    found.sort(key=itemgetter(0))
    return found


def _campaigns() -> dict[int, tuple[str, datetime, datetime]]:
    names = ("campaign_id", "campaign_type", "start_date", "end_date")
    rows: Iterator[tuple[Any, ...]] = zip(
        *tables.columns("campaign_descriptions", *names), strict=True
    )
    return {
        campaign: (kind, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
        for campaign, kind, start, end in rows
    }
