"""
Turn coupon redemptions, recorded by day, into calls at the time of a basket.

Redemption dates are shop days in New York, while baskets carry UTC times. A redemption is set to
that day's first basket holding a product of the coupon, else to the first with a coupon line,
else to the first; the call says `time_inferred`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from cdp.demo import tables
from cdp.demo.calls import SAMPLE, Call, stamp, track

SHOP_ZONE = ZoneInfo("America/New_York")
COLUMNS = ("household_id", "basket_id", "product_id", "coupon_disc", "transaction_timestamp")

Day = tuple[int, date]
"""A household and a shop day."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """One coupon handed in, as recorded."""

    household: int
    coupon: int
    campaign: int
    redeemed_on: date


@dataclass(frozen=True, slots=True)
class Basket:
    """What the choice of a basket needs to know about it."""

    at: datetime
    products: frozenset[int]
    has_coupon_line: bool


def read(households: Collection[int]) -> list[Redemption]:
    """Return the redemptions of `households` in the order of the file."""
    names = ("household_id", "coupon_upc", "campaign_id", "redemption_date")
    wanted = set(households)
    return [
        Redemption(household, coupon, campaign, at.date())
        for household, coupon, campaign, at in zip(
            *tables.columns("coupon_redemptions", *names), strict=True
        )
        if household in wanted
    ]


def redemptions(households: Collection[int], *, shift_days: int) -> list[tuple[int, Call]]:
    """Return (recorded second since 1970, call) for each redemption, in time order."""
    found = read(households)
    shopped = baskets_by_day({(each.household, each.redeemed_on) for each in found})
    listed = products_by_coupon()
    timed = []
    for each in found:
        day = shopped[each.household, each.redeemed_on]
        timed.append((choose(day, listed[each.coupon, each.campaign]), each))
    timed.sort(key=lambda pair: pair[0].at)  # stable: equal times keep the order of the file
    return [
        (int(basket.at.timestamp()), _call(each, at=stamp(basket.at, shift_days=shift_days)))
        for basket, each in timed
    ]


def choose(shopped: list[Basket], products: Collection[int]) -> Basket:
    """Return the basket of one day, given in time order, that best explains a redemption. Pure."""
    listed = (basket for basket in shopped if not basket.products.isdisjoint(products))
    couponed = (basket for basket in shopped if basket.has_coupon_line)
    return next(listed, None) or next(couponed, None) or shopped[0]


def baskets_by_day(days: Collection[Day]) -> dict[Day, list[Basket]]:
    """Return the baskets of each household and shop day in `days`, in time order."""
    found: defaultdict[Day, list[Basket]] = defaultdict(list)
    for household, basket in _baskets({household for household, _ in days}):
        day = (household, basket.at.astimezone(SHOP_ZONE).date())
        if day in days:
            found[day].append(basket)
    return found


def products_by_coupon() -> dict[tuple[int, int], set[int]]:
    """Return the products each (coupon, campaign) lists; the table repeats 4,872 rows."""
    listed: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for coupon, campaign, product in zip(
        *tables.columns("coupons", "coupon_upc", "campaign_id", "product_id"), strict=True
    ):
        listed[coupon, campaign].add(product)
    return listed


def _baskets(households: Collection[int]) -> Iterator[tuple[int, Basket]]:
    for rows in tables.baskets(households, COLUMNS):
        ids = rows["basket_id"].to_numpy()
        starts = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist()]
        products = rows["product_id"].to_numpy().tolist()
        couponed = (rows["coupon_disc"].to_numpy() > 0).tolist()
        buyers = rows["household_id"].to_numpy().tolist()
        seconds = rows["transaction_timestamp"].to_numpy().astype("datetime64[s]")
        stamps = seconds.astype(np.int64).tolist()
        for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
            yield (
                buyers[start],
                Basket(
                    at=datetime.fromtimestamp(stamps[start], UTC),
                    products=frozenset(products[start:end]),
                    has_coupon_line=any(couponed[start:end]),
                ),
            )


def _call(each: Redemption, *, at: str) -> Call:
    return track(
        "Coupon Redeemed",
        each.household,
        name=f"red:{each.household}:{each.coupon}:{each.campaign}:{each.redeemed_on}",
        at=at,
        properties={
            "coupon_id": str(each.coupon),
            "campaign_id": str(each.campaign),
            "time_inferred": True,
        },
        context=SAMPLE,
    )
