"""
The catalogue of computed traits: what each one is called, holds, and is worked out from. Pure.

A trait is stored in the typed column that its kind names: number, text, items or at. Money is
whole minor units of the workspace's currency. Source: intelligence reference, parts 1.3 and 1.4.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cdp.kernel.protected import Category

RFM_WINDOW = timedelta(days=365)
RECENT_SPEND_DAYS = 90
FAVORITES = 3
FAVORITE_MIN_ORDERS = 2

# Lines of these departments are money, not taste: fuel, coupons and what no catalog describes.
NO_FAVORITE = ("", "COUPON/MISC ITEMS", "unknown")

ORDER_COMPLETED = "Order Completed"
COUPON_REDEEMED = "Coupon Redeemed"

ACTIVE_KINDS = ("track", "page", "screen")

_PURCHASE = frozenset({Category.PURCHASE})


class Kind(StrEnum):
    """Which typed column holds a trait, and so which comparisons it takes."""

    NUMBER = "number"
    TEXT = "text"
    ITEMS = "items"
    MOMENT = "at"


class Unit(StrEnum):
    """What a number counts."""

    NONE = ""
    DAYS = "days"
    ORDERS = "orders"
    MINOR = "minor"  # minor units of the workspace's currency
    SCORE = "score"  # 1 to 5
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class TraitDefinition:
    """One computed trait. `reads` are the categories of data it is worked out from."""

    key: str
    kind: Kind
    label: dict[str, str]
    meaning: dict[str, str]
    unit: Unit = Unit.NONE
    reads: frozenset[Category] = _PURCHASE
    choices: dict[str, dict[str, str]] | None = None


def _text(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh-hans": zh}


# The eight classic cells by (recent, frequent, valuable), each against the mean.
CELLS: dict[tuple[bool, bool, bool], str] = {
    (True, True, True): "important_value",
    (True, False, True): "important_development",
    (False, True, True): "important_keep",
    (False, False, True): "important_win_back",
    (True, True, False): "general_value",
    (True, False, False): "general_development",
    (False, True, False): "general_keep",
    (False, False, False): "general_win_back",
}
CELL_LABELS: dict[str, dict[str, str]] = {
    "important_value": _text("Important value", "重要价值"),
    "important_development": _text("Important development", "重要发展"),
    "important_keep": _text("Important keep", "重要保持"),
    "important_win_back": _text("Important win-back", "重要挽留"),
    "general_value": _text("General value", "一般价值"),
    "general_development": _text("General development", "一般发展"),
    "general_keep": _text("General keep", "一般保持"),
    "general_win_back": _text("General win-back", "一般挽留"),
}

_ALL = (
    TraitDefinition(
        "orders", Kind.NUMBER,
        _text("Orders", "订单数"),
        _text("How many orders this person ever placed.", "此人累计下过多少个订单。"),
        Unit.ORDERS,
    ),
    TraitDefinition(
        "spend_minor", Kind.NUMBER,
        _text("Spend in total", "累计消费"),
        _text("What the orders of this person came to, in total.", "此人所有订单的总金额。"),
        Unit.MINOR,
    ),
    TraitDefinition(
        "spend_90d_minor", Kind.NUMBER,
        _text("Spend in the last 90 days", "近 90 天消费"),
        _text("What the orders of the last 90 days came to.", "最近 90 天订单的总金额。"),
        Unit.MINOR,
    ),
    TraitDefinition(
        "average_order_minor", Kind.NUMBER,
        _text("Average order", "平均订单金额"),
        _text("Spend in total divided by orders.", "累计消费除以订单数。"),
        Unit.MINOR,
    ),
    TraitDefinition(
        "first_order_at", Kind.MOMENT,
        _text("First order", "首次下单"),
        _text("When the first order that we know of was placed.", "我们所知的首个订单的时间。"),
    ),
    TraitDefinition(
        "last_order_at", Kind.MOMENT,
        _text("Last order", "最近下单"),
        _text("When the latest order was placed.", "最近一个订单的时间。"),
    ),
    TraitDefinition(
        "last_seen_at", Kind.MOMENT,
        _text("Last seen", "最近活跃"),
        _text("When this person last did anything that we know of.", "此人最近一次活动的时间。"),
        reads=frozenset({Category.PURCHASE, Category.BROWSING}),
    ),
    TraitDefinition(
        "favorite_department", Kind.TEXT,
        _text("Favorite department", "最常购买的部门"),
        _text("The department on most of this person's orders.", "此人订单中出现最多的部门。"),
    ),
    TraitDefinition(
        "favorite_departments", Kind.ITEMS,
        _text("Favorite departments", "常购部门"),
        _text(
            "Up to three departments on most orders, on two orders at least.",
            "订单中出现最多的前三个部门，至少出现在两个订单中。",
        ),
    ),
    TraitDefinition(
        "favorite_brands", Kind.ITEMS,
        _text("Favorite brands", "常购品牌"),
        _text(
            "Up to three brands on most orders, on two orders at least.",
            "订单中出现最多的前三个品牌，至少出现在两个订单中。",
        ),
    ),
    TraitDefinition(
        "coupons_redeemed", Kind.NUMBER,
        _text("Coupons redeemed", "已兑换优惠券"),
        _text("How many coupons this person handed in.", "此人兑换过多少张优惠券。"),
        Unit.TIMES,
    ),
    TraitDefinition(
        "rfm_recency_days", Kind.NUMBER,
        _text("RFM: days since the last order", "RFM：距最近下单天数"),
        _text("Whole days from the last order until now.", "从最近下单到计算日的天数。"),
        Unit.DAYS,
    ),
    TraitDefinition(
        "rfm_frequency", Kind.NUMBER,
        _text("RFM: orders in a year", "RFM：一年内订单数"),
        _text("How many orders fall into the last 365 days.", "最近 365 天内的订单数。"),
        Unit.ORDERS,
    ),
    TraitDefinition(
        "rfm_monetary_minor", Kind.NUMBER,
        _text("RFM: spend in a year", "RFM：一年内消费"),
        _text("What the orders of the last 365 days came to.", "最近 365 天订单的总金额。"),
        Unit.MINOR,
    ),
    TraitDefinition(
        "rfm_r", Kind.NUMBER,
        _text("Recency score", "近度得分"),
        _text("1 to 5; 5 is the fifth who ordered last.", "1 到 5；5 为最近下单的五分之一。"),
        Unit.SCORE,
    ),
    TraitDefinition(
        "rfm_f", Kind.NUMBER,
        _text("Frequency score", "频度得分"),
        _text("1 to 5; 5 is the fifth who order most.", "1 到 5；5 为下单最频繁的五分之一。"),
        Unit.SCORE,
    ),
    TraitDefinition(
        "rfm_m", Kind.NUMBER,
        _text("Monetary score", "金额得分"),
        _text("1 to 5; 5 is the fifth who spend most.", "1 到 5；5 为消费最多的五分之一。"),
        Unit.SCORE,
    ),
    TraitDefinition(
        "rfm", Kind.TEXT,
        _text("RFM scores", "RFM 得分"),
        _text("The three scores side by side, such as 543.", "三个得分连写，例如 543。"),
    ),
    TraitDefinition(
        "rfm_cell", Kind.TEXT,
        _text("RFM group", "RFM 分组"),
        _text(
            "One of eight groups: recent, frequent and valuable, each against the average.",
            "八个分组之一：近度、频度、金额分别与平均值比较。",
        ),
        choices=CELL_LABELS,
    ),
)  # fmt: skip

DEFINITIONS: dict[str, TraitDefinition] = {definition.key: definition for definition in _ALL}
