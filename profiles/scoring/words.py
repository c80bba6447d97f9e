"""A score's reasons in plain words, in each language. Pure."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from profiles.scoring.registry import Text

# One line a feature; spending is named without its amount, which the screen formats.
NAMES: dict[str, Text] = {
    "orders": {"en": "Orders before: {value}", "zh-hans": "此前的订单数：{value}"},
    "spend_minor": {"en": "Amount spent before", "zh-hans": "此前的消费金额"},
    "days_since_order": {
        "en": "Days since the last order: {value}",
        "zh-hans": "距上次下单的天数：{value}",
    },
    "orders_with_coupon": {
        "en": "Orders with a coupon before: {value}",
        "zh-hans": "此前使用优惠券的订单数：{value}",
    },
    "responses_before": {
        "en": "Coupons redeemed before: {value}",
        "zh-hans": "此前兑换的优惠券数：{value}",
    },
    "group": {"en": "Kind of campaign: {value}", "zh-hans": "活动类型：{value}"},
    "recency_days": {
        "en": "Days since the last purchase: {value}",
        "zh-hans": "距上次购买的天数：{value}",
    },
    "frequency": {
        "en": "Purchases in this time window: {value}",
        "zh-hans": "此时间窗口内的购买次数：{value}",
    },
    "money_minor": {"en": "Amount spent in this time window", "zh-hans": "此时间窗口内的消费金额"},
}
NO_ORDER: Text = {"en": "No order yet", "zh-hans": "尚无订单"}

CELLS: dict[str, Text] = {
    "important_value": {"en": "important value", "zh-hans": "重要价值"},
    "important_development": {"en": "important development", "zh-hans": "重要发展"},
    "important_keep": {"en": "important keep", "zh-hans": "重要保持"},
    "important_win_back": {"en": "important win-back", "zh-hans": "重要挽留"},
    "general_value": {"en": "general value", "zh-hans": "一般价值"},
    "general_development": {"en": "general development", "zh-hans": "一般发展"},
    "general_keep": {"en": "general keep", "zh-hans": "一般保持"},
    "general_win_back": {"en": "general win-back", "zh-hans": "一般挽留"},
}
BANDS: dict[str, Text] = {
    "high": {"en": "high", "zh-hans": "高"},
    "medium": {"en": "medium", "zh-hans": "中"},
    "low": {"en": "low", "zh-hans": "低"},
}

_RAISES: Text = {"en": "raises it", "zh-hans": "提高"}
_LOWERS: Text = {"en": "lowers it", "zh-hans": "降低"}
_OF_FIVE: Text = {"en": "{score} of 5", "zh-hans": "{score}/5 分"}
_RESPONSE: Text = {
    "en": "About {people} of 100 people like this redeem a coupon of the next campaign.",
    "zh-hans": "类似的客户中，每 100 位约有 {people} 位会使用下一次活动的优惠券。",
}
_FEW: Text = {
    "en": "Fewer than 1 of 100 people like this redeem a coupon of the next campaign.",
    "zh-hans": "类似的客户中，每 100 位不到 1 位会使用下一次活动的优惠券。",
}
_RFM: Text = {
    "en": "Group “{cell}”, scores {number}: recency, frequency and money, 5 is best.",
    "zh-hans": "分组“{cell}”，得分 {number}：最近购买、频次与金额，5 分为最高。",
}


def contribution(feature: str, value: float | str, *, effect: float) -> dict[str, Any]:
    """
    Return one reason as it is stored: {feature, label {en, zh-hans}, value, effect}.

    `effect` is in log-odds for a probability and a score of 1 to 5 for RFM. An unknown number (NaN)
    is stored as null.
    """
    if isinstance(value, float) and isnan(value):
        return {"feature": feature, "label": dict(NO_ORDER), "value": None, "effect": effect}
    shown = int(value) if isinstance(value, float) else value
    label = {language: text.format(value=shown) for language, text in NAMES[feature].items()}
    return {"feature": feature, "label": label, "value": shown, "effect": round(effect, 6)}


def headline(model: str, *, value: float, band: str, language: str) -> str:
    """Return one sentence that says what a score means."""
    if model == "rfm":
        cell = pick(CELLS.get(band, {"en": band}), language)
        return pick(_RFM, language).format(cell=cell, number=f"{value:.0f}")
    people = round(value * 100)
    return pick(_RESPONSE if people else _FEW, language).format(people=people)


def reasons(
    model: str, contributions: Sequence[dict[str, Any]], *, language: str, limit: int = 3
) -> list[str]:
    """Return up to `limit` lines that say what led to a score, strongest first."""
    lines = []
    for each in contributions[:limit]:
        label = pick(each["label"], language)
        if model == "rfm":
            note = pick(_OF_FIVE, language).format(score=each["effect"])
        else:
            note = pick(_RAISES if each["effect"] > 0 else _LOWERS, language)
        lines.append(f"{label}（{note}）" if language.startswith("zh") else f"{label} ({note})")
    return lines


def pick(text: Text, language: str) -> str:
    """Return `text` in `language`, or in English."""
    return text.get(language.lower(), text["en"])
