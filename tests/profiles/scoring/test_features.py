"""Features are what was known at the moment, and nothing later."""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans, integers, lists, tuples

from audit.actors import Actor
from cdp.kernel import clock
from cdp.kernel.windows import PurposeRequired
from consent.window import purpose
from profiles.scoring import features
from profiles.scoring.registry import ResponseMapping
from profiles.traits.place import Place
from tests.people import EVERYTHING, Customer, Shop
from tests.profiles.scoring.conftest import order, track

TEST = Actor.system("test")
MAPPING = ResponseMapping()
hours = integers(1, 24 * 40)
orders = lists(tuples(hours, integers(1, 9_999), booleans()), max_size=6)
answers = lists(hours, max_size=4)


def compute(*pairs: tuple[UUID, datetime]) -> np.ndarray:
    with purpose("profiling.scoring", actor=TEST):
        return features.compute(
            [subject for subject, _ in pairs],
            [at for _, at in pairs],
            mapping=MAPPING,
            where=Place("UTC", "USD"),
        )


def live(shop: Shop, customer: Customer, bought: list, answered: list) -> None:
    """Let orders (hours ago, cents, with coupon) and answers (hours ago) happen."""
    name = customer.user_id
    calls = [
        order(name, days_ago=hour / 24, total=cents / 100, coupon=float(coupon), number=n)
        for n, (hour, cents, coupon) in enumerate(bought)
    ]
    calls += [
        track(name, "Coupon Redeemed", days_ago=hour / 24, properties={"campaign_id": str(n)})
        for n, hour in enumerate(answered)
    ]
    if calls:
        shop.send(*calls)


def by_hand(bought: list, answered: list, at: datetime) -> list[float]:
    """Walk through everything that happened, from the definition."""
    now = clock.now()
    seen = [(now - timedelta(days=hour / 24), cents, coupon) for hour, cents, coupon in bought]
    before = [row for row in seen if row[0] < at]
    days = (at.date() - max(row[0] for row in before).date()).days if before else float("nan")
    redeemed = [now - timedelta(days=hour / 24) for hour in answered]
    return [
        len(before),
        sum(row[1] for row in before),
        days,
        sum(row[2] for row in before),
        sum(moment < at for moment in redeemed),
    ]


@pytest.mark.django_db
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(bought=orders, answered=answers, later=orders, later_answered=answers, moment=hours)
def test_features_equal_a_walk_by_hand_and_nothing_later_changes_them(
    shop: Shop,
    at_noon: datetime,
    bought: list,
    answered: list,
    later: list,
    later_answered: list,
    moment: int,
) -> None:
    at = at_noon - timedelta(hours=moment)
    mei, priya = (shop.welcome(name, says=EVERYTHING) for name in ("mei", "priya"))
    live(shop, mei, bought, answered)
    # Priya's past is Mei's; what follows the moment is her own
    live(
        shop,
        priya,
        [row for row in bought if row[0] > moment] + [row for row in later if row[0] <= moment],
        [hour for hour in answered if hour > moment]
        + [hour for hour in later_answered if hour <= moment],
    )

    found = compute((mei.subject, at), (priya.subject, at))

    assert found[0] == pytest.approx(by_hand(bought, answered, at), nan_ok=True)
    assert found[1] == pytest.approx(found[0], nan_ok=True)


def test_what_happens_at_the_very_moment_is_not_known_yet(shop: Shop, at_noon: datetime) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    live(shop, mei, [(48, 1_000, True)], [48])
    moment = at_noon - timedelta(hours=48)

    found = compute((mei.subject, moment), (mei.subject, moment + timedelta(microseconds=1)))

    assert found[0] == pytest.approx([0, 0, float("nan"), 0, 0], nan_ok=True)
    assert found[1] == pytest.approx([1, 1_000, 0, 1, 1])


def test_money_of_another_currency_is_an_order_but_not_added_up(
    shop: Shop, at_noon: datetime
) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    abroad = order(mei.user_id, days_ago=3, total=50)
    abroad["properties"]["currency"] = "CNY"
    shop.send(order(mei.user_id, days_ago=2, total=20), abroad)

    found = compute((mei.subject, at_noon))

    assert found[0, :2].tolist() == [2, 2_000]


def test_a_discount_that_is_no_number_is_no_coupon(shop: Shop, at_noon: datetime) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    odd = order(mei.user_id, days_ago=2, total=20)
    odd["properties"]["discounts"] = {"coupon": "half"}
    shop.send(odd, order(mei.user_id, days_ago=1, total=20, coupon=2))

    assert compute((mei.subject, at_noon))[0, 3] == 1


def test_whoever_refuses_looks_like_nobody_at_all(shop: Shop, at_noon: datetime) -> None:
    jonas = shop.welcome("jonas", says={**EVERYTHING, "profiling.scoring": False})
    mei = shop.welcome("mei", says=EVERYTHING)
    for customer in (jonas, mei):
        live(shop, customer, [(48, 1_000, True)], [40])

    found = compute((jonas.subject, at_noon), (mei.subject, at_noon))

    assert found[0] == pytest.approx([0, 0, float("nan"), 0, 0], nan_ok=True)
    assert found[1] == pytest.approx([1, 1_000, 2, 1, 1])


def test_no_window_no_features(shop: Shop, at_noon: datetime) -> None:
    with pytest.raises(PurposeRequired):
        features.compute([UUID(int=1)], [at_noon], mapping=MAPPING, where=Place())


def test_behavior_counts_the_window_half_open(shop: Shop, at_noon: datetime) -> None:
    mei, noor = shop.welcome("mei", says=EVERYTHING), shop.welcome("noor", says=EVERYTHING)
    live(shop, mei, [(24, 1_000, False), (240, 500, False), (241, 70, False)], [])
    live(shop, noor, [(241, 99, False)], [])

    with purpose("profiling.scoring", actor=TEST):
        found = features.behavior(
            None, as_of=at_noon, window=timedelta(hours=240), where=Place("UTC", "USD")
        )

    assert found.subjects == [mei.subject]
    assert (found.recency_days, found.frequency, found.money_minor) == ([1], [2], [1_500])
