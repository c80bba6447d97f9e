"""The reference figures of the whole sample: RFM and segment rules (intelligence reference 3.6)."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from cdp.kernel.models import Workspace
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.rules import parse
from profiles.traits.computed import compute
from profiles.traits.models import ComputedTrait
from tests.profiles import sample

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

JULY = datetime(2017, 7, 1, tzinfo=UTC)
OCTOBER = datetime(2017, 10, 1, tzinfo=UTC)
BUYER = {"event": "Order Completed", "measure": "count", "op": "ge", "value": 1}


@pytest.fixture
def loaded(workspace: Workspace) -> Workspace:
    """Return a workspace that holds the whole sample."""
    sample.load(workspace.pk)
    return workspace


def numbers(key: str) -> dict[UUID, float | None]:
    with purpose("profiling.segmentation", actor="sys:test"):
        rows = ComputedTrait.objects.filter(key=key)
        return dict(rows.values_list("subject_id", "number"))


def test_rfm(loaded: Workspace) -> None:
    run = compute(as_of=JULY, actor="sys:test")

    assert run.cuts.people == 2_393
    assert run.cuts.recency_days == (2, 5, 9, 22)
    assert run.cuts.frequency == (8, 16, 28, 47)
    assert run.cuts.monetary_minor == pytest.approx((17_226.4, 42_392, 81_721.2, 151_157.6))
    r, f, m = (numbers(f"rfm_{letter}") for letter in "rfm")
    assert [Counter(r.values())[score] for score in (1, 2, 3, 4, 5)] == [477, 470, 350, 479, 617]
    assert [Counter(f.values())[score] for score in (1, 2, 3, 4, 5)] == [528, 455, 475, 461, 474]
    assert [Counter(m.values())[score] for score in (1, 2, 3, 4, 5)] == [479, 478, 479, 478, 479]
    assert sum(numbers("rfm_frequency").values()) == 76_895
    assert sum(numbers("rfm_monetary_minor").values()) == 224_918_820
    with purpose("profiling.segmentation", actor="sys:test"):
        codes = dict(ComputedTrait.objects.filter(key="rfm").values_list("subject_id", "text"))
    assert Counter(codes.values())["555"] == 187
    assert Counter(codes.values())["111"] == 240
    for household, days, orders, cents, code in (
        (7, 16, 15, 110_055, "224"),
        (13, 1, 72, 326_865, "555"),
        (1500, 84, 17, 19_916, "132"),
    ):
        who = sample.subject_of(household)
        assert numbers("rfm_recency_days")[who] == days
        assert numbers("rfm_frequency")[who] == orders
        assert numbers("rfm_monetary_minor")[who] == cents
        assert codes[who] == code


def orders(op: str, value: float, *, days: int | None = None, measure: str = "count") -> Any:
    window = "all" if days is None else {"last_days": days}
    return {
        "event": "Order Completed", "window": window, "measure": measure, "op": op, "value": value,
    }  # fmt: skip


NOT_OWNER = {"trait": "home_ownership", "op": "ne", "value": "Homeowner"}
RULES = {
    "spend in the last 45 days over 400": (orders("gt", 40_000, days=45, measure="sum"), 450),
    "six baskets in 28 days and no redemption": (
        {
            "all": [
                orders("ge", 6, days=28),
                {"event": "Coupon Redeemed", "measure": "count", "op": "eq", "value": 0},
            ]
        },
        545,
    ),
    "twenty baskets ever and none in 21 days": (
        {"all": [orders("ge", 20), orders("eq", 0, days=21)]},
        121,
    ),
    "home ownership is not owner": (NOT_OWNER, 64),
    "home ownership is not owner, or unknown": (
        {"any": [NOT_OWNER, {"trait": "home_ownership", "op": "missing"}]},
        1_942,
    ),
}


def test_rules(loaded: Workspace) -> None:
    with purpose("profiling.segmentation", actor="sys:test"):
        on = matching.ground(OCTOBER)
        found = {
            name: matching.tally(
                parse({"version": 1, "where": {"all": [BUYER, where]}}), on=on
            ).match
            for name, (where, _) in RULES.items()
        }
        population = matching.tally(parse({"version": 1, "where": BUYER}), on=on).match

    assert population == 2_446
    assert found == {name: figure for name, (_, figure) in RULES.items()}
