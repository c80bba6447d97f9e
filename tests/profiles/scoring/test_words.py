"""Scores in plain words."""

import json

import pytest

from profiles.scoring import words
from profiles.scoring.algorithms.rfm import CELLS

ANSWERS = words.contribution("responses_before", 4.0, effect=0.91)
DAYS = words.contribution("days_since_order", 43.0, effect=-0.4)


def test_a_probability_is_said_as_people_of_a_hundred() -> None:
    said = words.headline("coupon_response", value=0.2949, band="high", language="en")

    assert said == "About 29 of 100 people like this redeem a coupon of the next campaign."


def test_a_tiny_probability_is_not_said_to_be_nobody() -> None:
    said = words.headline("coupon_response", value=0.0004, band="low", language="en")

    assert said.startswith("Fewer than 1 of 100")


def test_reasons_say_what_they_do() -> None:
    assert words.reasons("coupon_response", [ANSWERS, DAYS], language="en") == [
        "Coupons redeemed before: 4 (raises it)",
        "Days since the last order: 43 (lowers it)",
    ]


def test_reasons_in_chinese() -> None:
    assert words.reasons("coupon_response", [DAYS], language="zh-hans") == [
        "距上次下单的天数：43（降低）"
    ]
    said = words.headline("rfm", value=543, band="important_value", language="zh-hans")
    assert said == "分组“重要价值”，得分 543：最近购买、频次与金额，5 分为最高。"


def test_rfm_reasons_carry_their_score() -> None:
    recency = words.contribution("recency_days", 9, effect=4)

    assert words.reasons("rfm", [recency], language="en") == [
        "Days since the last purchase: 9 (4 of 5)"
    ]


def test_an_unknown_number_is_kept_as_null_and_said() -> None:
    unknown = words.contribution("days_since_order", float("nan"), effect=-0.1)

    assert json.loads(json.dumps(unknown, allow_nan=False))["value"] is None
    assert words.reasons("coupon_response", [unknown], language="en") == [
        "No order yet (lowers it)"
    ]


@pytest.mark.parametrize("text", [*words.NAMES.values(), *words.CELLS.values()])
def test_every_text_is_there_in_both_languages(text: dict[str, str]) -> None:
    assert all(text[language].strip() for language in ("en", "zh-hans"))


def test_every_cell_has_a_name() -> None:
    assert set(CELLS.values()) == set(words.CELLS)
