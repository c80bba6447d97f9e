"""
The variables a message may use: where each value comes from and which data it reveals. Pure.

A purpose that may not read a variable's category cannot send a message that uses it, so a message
that mentions what somebody bought needs `marketing.<channel>.personalized`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cdp.kernel.protected import Category


class Origin(StrEnum):
    """Where a variable's value comes from."""

    VAULT = "vault"  # a personal value, opened for the message alone
    TRAIT = "trait"  # a computed trait
    WORKSPACE = "workspace"  # the sender's own, the same for everybody


class Shape(StrEnum):
    """How a value is written into a message."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `stored_as` is the vault field or the trait's key; `sample` is made up."""

    key: str
    origin: Origin
    stored_as: str
    shape: Shape
    label: dict[str, str]
    sample: dict[str, str]
    category: Category | None = None

    @property
    def is_always_present(self) -> bool:
        return self.origin is Origin.WORKSPACE


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "first_name", Origin.VAULT, "first_name", Shape.TEXT,
        {"en": "First name", "zh-hans": "名字"},
        {"en": "Alex", "zh-hans": "小林"}, Category.CONTACT,
    ),
    Variable(
        "name", Origin.VAULT, "name", Shape.TEXT,
        {"en": "Full name", "zh-hans": "姓名"},
        {"en": "Alex Sample", "zh-hans": "林小样"}, Category.CONTACT,
    ),
    Variable(
        "favorite_department", Origin.TRAIT, "favorite_department", Shape.TEXT,
        {"en": "Favorite department", "zh-hans": "最常购买的部门"},
        {"en": "Grocery", "zh-hans": "Grocery"}, Category.INFERRED,
    ),
    Variable(
        "favorite_departments", Origin.TRAIT, "favorite_departments", Shape.TEXTS,
        {"en": "Favorite departments", "zh-hans": "常购部门"},
        {"en": "Grocery, Produce", "zh-hans": "Grocery、Produce"}, Category.INFERRED,
    ),
    Variable(
        "favorite_brands", Origin.TRAIT, "favorite_brands", Shape.TEXTS,
        {"en": "Favorite brands", "zh-hans": "常购品牌"},
        {"en": "National", "zh-hans": "National"}, Category.INFERRED,
    ),
    Variable(
        "last_order_on", Origin.TRAIT, "last_order_at", Shape.DAY,
        {"en": "Day of the last order", "zh-hans": "上次下单日期"},
        {"en": "2 May 2026", "zh-hans": "2026年5月2日"}, Category.INFERRED,
    ),
    Variable(
        "orders", Origin.TRAIT, "orders", Shape.NUMBER,
        {"en": "Number of orders", "zh-hans": "订单数"},
        {"en": "12", "zh-hans": "12"}, Category.INFERRED,
    ),
    Variable(
        "rfm_group", Origin.TRAIT, "rfm_cell", Shape.TEXT,
        {"en": "Customer group (RFM)", "zh-hans": "客户群组（RFM）"},
        {"en": "Important value", "zh-hans": "重要价值"}, Category.INFERRED,
    ),
    Variable(
        "shop", Origin.WORKSPACE, "name", Shape.TEXT,
        {"en": "Name of the shop", "zh-hans": "商店名称"},
        {"en": "Sample shop", "zh-hans": "示例商店"},
    ),
)  # fmt: skip

BY_KEY: dict[str, Variable] = {variable.key: variable for variable in VARIABLES}


def uncovered(keys: Iterable[str], categories: Iterable[int]) -> list[str]:
    """Return those variables whose category is none of `categories`, sorted."""
    allowed = set(categories)
    return sorted(
        key
        for key in keys
        if (category := BY_KEY[key].category) is not None and int(category) not in allowed
    )


def samples(keys: Iterable[str], *, language: str) -> dict[str, str]:
    """Return made-up values, for a preview without any person."""
    return {key: BY_KEY[key].sample.get(language, BY_KEY[key].sample["en"]) for key in keys}
