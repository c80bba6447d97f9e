"""Why one person is in or out."""

import pytest

from cdp.kernel import clock
from consent.models import DataUse
from profiles.segments.explain import PersonNotVisible, explain
from profiles.segments.rules import parse
from tests.people import EVERYTHING, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

SPENT = {"event": "Order Completed", "measure": "sum", "op": "gt", "value": 5_000}
OWNER = {"trait": "home_ownership", "op": "ne", "value": "Renter"}
RULE = parse({"version": 1, "where": {"all": [SPENT, OWNER]}})


def test_each_leaf_tells_its_truth_and_the_own_value(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 12.5)

    why = explain(RULE, mei.subject, as_of=clock.now(), actor="op:alice")

    assert why.truth is False
    assert [(leaf.path, leaf.truth) for leaf in why.leaves] == [
        ("where.all.0", False), ("where.all.1", None),
    ]  # fmt: skip
    assert why.leaves[0].label["en"] == "Spend on orders: 12.50 USD"
    assert why.leaves[1].label["zh-hans"] == "住房情况：未知"


def test_asking_about_one_person_is_a_recorded_use_of_theirs(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)

    explain(RULE, mei.subject, as_of=clock.now(), actor="op:alice")

    use = DataUse.objects.get(act="explain_rule")
    assert (use.subject_id, use.actor) == (mei.subject, "op:alice")


def test_somebody_who_refused_looks_like_nobody(shop: Shop) -> None:
    jonas = shop.welcome("jonas", says={"profiling.segmentation": False})
    mei = shop.welcome("mei", says=EVERYTHING)

    with pytest.raises(PersonNotVisible):
        explain(RULE, jonas.subject, as_of=clock.now(), actor="op:alice")

    assert explain(RULE, mei.subject, as_of=clock.now(), actor="op:alice").truth is False
