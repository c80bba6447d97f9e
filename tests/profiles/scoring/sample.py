"""The Complete Journey sample as plain examples, computed without the product's own SQL."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cdp.demo import tables


@dataclass(frozen=True, slots=True)
class Baskets:
    """Every basket, in time order: shape (n,) each; seconds since 1970, UTC."""

    households: NDArray[np.int64]
    at: NDArray[np.int64]
    spend_minor: NDArray[np.int64]
    with_coupon: NDArray[np.bool_]


def read_baskets() -> Baskets:
    """Return the sample's 155,848 baskets."""
    names = ["household_id", "basket_id", "sales_value", "coupon_disc", "transaction_timestamp"]
    lines = pq.read_table(tables.locate("transactions"), columns=names)
    ids = lines["basket_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]])
    cents = np.rint(lines["sales_value"].to_numpy() * 100).astype(np.int64)
    seconds = lines["transaction_timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return Baskets(
        households=lines["household_id"].to_numpy()[starts],
        at=seconds[starts],
        spend_minor=np.add.reduceat(cents, starts),
        with_coupon=np.maximum.reduceat(lines["coupon_disc"].to_numpy(), starts) > 0,
    )


@dataclass(frozen=True, slots=True)
class Contacts:
    """Every contact of campaigns that began within a span: features as of its start, and label."""

    numbers: NDArray[np.float64]  # orders, spend, days since, orders with coupon, responses
    groups: NDArray[np.str_]
    labels: NDArray[np.float64]
    people: NDArray[np.int64]
    at: NDArray[np.float64]
    ends: NDArray[np.float64]


def read_contacts(baskets: Baskets, *, since: datetime) -> Contacts:
    """Return the contacts that began at `since` or later, each seen as of its first moment."""
    bought = defaultdict(list)
    for household, at, spend, coupon in zip(
        baskets.households.tolist(),
        baskets.at.tolist(),
        baskets.spend_minor.tolist(),
        baskets.with_coupon.tolist(),
        strict=True,
    ):
        bought[household].append((at, spend, coupon))
    history = {
        household: (
            [at for at, _, _ in rows],
            [0, *accumulate(spend for _, spend, _ in rows)],
            [0, *accumulate(int(coupon) for _, _, coupon in rows)],
        )
        for household, rows in bought.items()
    }
    redeemed, answered = defaultdict(list), set()
    for household, campaign, at in zip(
        *tables.columns("coupon_redemptions", "household_id", "campaign_id", "redemption_date"),
        strict=True,
    ):
        redeemed[household].append(at.replace(tzinfo=UTC).timestamp())
        answered.add((household, campaign))
    described = {
        campaign: (kind, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
        for campaign, kind, start, end in zip(
            *tables.columns(
                "campaign_descriptions", "campaign_id", "campaign_type", "start_date", "end_date"
            ),
            strict=True,
        )
    }
    rows, groups, labels, people, ats, ends = [], [], [], [], [], []
    for campaign, household in zip(
        *tables.columns("campaigns", "campaign_id", "household_id"), strict=True
    ):
        kind, start, end = described[campaign]
        if start < since:
            continue
        at = start.timestamp()
        times, spend, coupons = history[household]
        n = bisect_left(times, at)
        days = (
            (start.date() - datetime.fromtimestamp(times[n - 1], UTC).date()).days
            if n
            else float("nan")
        )
        before = sum(moment < at for moment in redeemed[household])
        rows.append((n, spend[n], days, coupons[n], before))
        groups.append(kind)
        labels.append((household, campaign) in answered)
        people.append(household)
        ats.append(at)
        ends.append(end.timestamp())
    return Contacts(
        numbers=np.array(rows, dtype=np.float64),
        groups=np.array(groups),
        labels=np.array(labels, dtype=np.float64),
        people=np.array(people),
        at=np.array(ats),
        ends=np.array(ends),
    )
