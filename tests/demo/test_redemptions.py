"""Redemptions are recorded by day; which basket they belong to is inferred."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.demo import complete_journey as sample
from cdp.demo import redemptions, tables
from cdp.demo.calls import Call
from cdp.demo.redemptions import Basket, choose

MORNING = datetime(2017, 6, 1, 13, tzinfo=UTC)
products = st.frozensets(st.integers(1, 6), max_size=4)


@st.composite
def shopping_days(draw: st.DrawFn) -> list[Basket]:
    contents = draw(st.lists(st.tuples(products, st.booleans()), min_size=1, max_size=5))
    return [
        Basket(MORNING + timedelta(hours=hour), held, has_coupon_line=couponed)
        for hour, (held, couponed) in enumerate(contents)
    ]


def brute_force(day: list[Basket], listed: frozenset[int]) -> Basket:
    """Rank every basket by kind of evidence, then by time."""

    def rank(basket: Basket) -> tuple[int, datetime]:
        if basket.products & listed:
            return 0, basket.at
        return (1 if basket.has_coupon_line else 2), basket.at

    return min(day, key=rank)


@given(day=shopping_days(), listed=products)
def test_the_best_explained_basket_is_chosen(day: list[Basket], listed: frozenset[int]) -> None:
    assert choose(day, listed) == brute_force(day, listed)


@pytest.fixture(scope="module")
def told() -> list[tuple[int, Call]]:
    return redemptions.redemptions(sample.select_households(), shift_days=0)


def test_every_redemption_lies_on_its_shop_day(told: list[tuple[int, Call]]) -> None:
    recorded = pq.read_table(tables.locate("coupon_redemptions")).to_pylist()
    by_day = sorted(
        (f"hh-{row['household_id']}", str(row["coupon_upc"]), row["redemption_date"].date())
        for row in recorded
    )

    inferred = sorted(
        (
            call["userId"],
            call["properties"]["coupon_id"],
            datetime.fromtimestamp(second, ZoneInfo("America/New_York")).date(),
        )
        for second, call in told
    )

    assert inferred == by_day


def test_as_many_redemptions_find_a_listed_product_as_published() -> None:
    found = redemptions.read(sample.select_households())
    shopped = redemptions.baskets_by_day({(each.household, each.redeemed_on) for each in found})
    listed = redemptions.products_by_coupon()

    matching = [
        sum(
            not basket.products.isdisjoint(listed[each.coupon, each.campaign])
            for basket in shopped[each.household, each.redeemed_on]
        )
        for each in found
    ]

    assert len(matching) == 2_102
    assert sum(count >= 1 for count in matching) == 1_839
    assert sum(count == 1 for count in matching) == 1_830


def test_a_redemption_follows_the_order_it_belongs_to() -> None:
    household = 1012  # redeemed one coupon
    calls = list(sample.history([household], shift_days=0))

    at = next(i for i, call in enumerate(calls) if call["event"] == "Coupon Redeemed")

    assert calls[at - 1]["event"] == "Order Completed"
    assert calls[at - 1]["timestamp"] == calls[at]["timestamp"]
    assert calls[at]["properties"]["time_inferred"] is True
