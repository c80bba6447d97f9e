"""Rules and facts in plain words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from profiles.segments.rules import parse
from profiles.segments.tree import leaves
from profiles.segments.words import LANGUAGES, describe, fact
from tests.profiles.segments.strategies import RULES

SEGMENT = "0198c0de-0000-7000-8000-000000000001"


def told(where: dict[str, Any], language: str, **more: Any) -> str:
    return describe(parse({"version": 1, "where": where}), language=language, **more)


SPENT = {
    "event": "Order Completed",
    "where": [{"property": "department", "op": "in", "value": ["MEAT", "DELI", "GROCERY"]}],
    "window": {"last_days": 90},
    "measure": "sum",
    "op": "gt",
    "value": 10_000,
}
QUIET = {
    "event": "Order Completed",
    "window": {"last_days": 30},
    "measure": "count",
    "op": "eq",
    "value": 0,
}


@pytest.mark.parametrize(
    ("where", "english", "chinese"),
    [
        (
            {"all": [SPENT, QUIET]},
            "Spend on orders where department is MEAT, DELI or GROCERY in the last 90 days is over "
            "100.00 USD and no orders in the last 30 days",
            "近 90 天内部门为 MEAT、DELI或GROCERY的订单消费大于 100.00 USD，且近 30 天内没有订单",
        ),
        (
            {"trait": "rfm_cell", "op": "eq", "value": "important_value"},
            "RFM group is Important value",
            "RFM 分组为 重要价值",
        ),
        (
            {"not": {"any": [QUIET, {"trait": "home_ownership", "op": "missing"}]}},
            "Not (no orders in the last 30 days or Home ownership is not known)",
            "不满足（近 30 天内没有订单，或住房情况未知）",
        ),
        (
            {"segment": SEGMENT, "in": False},
            "Not in the segment “Tea lovers”",
            "不属于分群“Tea lovers”",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(where: dict[str, Any], english: str, chinese: str) -> None:
    names = {SEGMENT: "Tea lovers"}

    assert told(where, "en", names=names) == english
    assert told(where, "zh-hans", names=names) == chinese


def test_amounts_follow_the_currency() -> None:
    assert told(SPENT, "en", currency="JPY").count("10,000 JPY") == 1
    assert told(SPENT, "en", currency="EUR").count("100.00 EUR") == 1


def test_an_unknown_language_reads_english() -> None:
    assert told(QUIET, "fr") == told(QUIET, "en")


def test_a_fact_tells_the_persons_own_value() -> None:
    rule = {
        "all": [
            SPENT,
            {"trait": "favorite_brands", "op": "exists"},
            {"trait": "last_order_at", "op": "exists"},
        ]
    }
    spent, brands, last = [leaf for _, leaf in leaves(parse({"version": 1, "where": rule}))]

    assert fact(spent, 1_234_567, language="en").endswith("in the last 90 days: 12,345.67 USD")
    assert (
        fact(brands, ("National", "Private"), language="zh-hans") == "常购品牌：National、Private"
    )
    assert fact(brands, None, language="en") == "Favorite brands: not known"
    at = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
    assert fact(last, at, language="en") == "Last order: 2026-06-01 08:30 UTC"


@given(RULES)
def test_every_rule_can_be_told_in_every_language(rule: dict[str, Any]) -> None:
    for language in LANGUAGES:
        text = describe(parse(rule), language=language)

        assert text
        assert "{" not in text
