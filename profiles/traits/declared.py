"""
The catalogue of declared traits that Candor knows by name. Pure.

A source may state any trait; those listed here have a label, a meaning and known answers. Income
and age are bands, as the source states them. Direct identifiers are no traits: they go to the
vault.
"""

from dataclasses import dataclass

from cdp.kernel.protected import Category
from profiles.traits.definitions import Kind, Unit


@dataclass(frozen=True, slots=True)
class DeclaredDefinition:
    """One trait that a source states about a person."""

    key: str
    kind: Kind
    label: dict[str, str]
    meaning: dict[str, str]
    unit: Unit = Unit.NONE
    reads: frozenset[Category] = frozenset({Category.DEMOGRAPHIC})
    choices: dict[str, dict[str, str]] | None = None


def _text(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh-hans": zh}


def _same(*values: str) -> dict[str, dict[str, str]]:
    """Return choices that read alike in every language, such as age bands."""
    return {value: _text(value, value) for value in values}


_ALL = (
    DeclaredDefinition(
        "age_band", Kind.TEXT,
        _text("Age band", "年龄段"),
        _text("The age band that the source states.", "数据源提供的年龄段。"),
        choices=_same("19-24", "25-34", "35-44", "45-54", "55-64", "65+"),
    ),
    DeclaredDefinition(
        "income_band", Kind.TEXT,
        _text("Income band", "收入段"),
        _text("The yearly household income that the source states.", "数据源提供的家庭年收入。"),
        choices=_same(
            "Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K",
            "125-149K", "150-174K", "175-199K", "200-249K", "250K+",
        ),
    ),
    DeclaredDefinition(
        "household_size", Kind.TEXT,
        _text("Household size", "家庭人数"),
        _text("How many people live in the household.", "家庭成员人数。"),
        choices=_same("1", "2", "3", "4", "5+"),
    ),
    DeclaredDefinition(
        "household_comp", Kind.TEXT,
        _text("Household", "家庭构成"),
        _text("Adults and children in the household.", "家庭中的成人与儿童。"),
        choices={
            "1 Adult No Kids": _text("One adult, no children", "一位成人，无子女"),
            "1 Adult Kids": _text("One adult with children", "一位成人，有子女"),
            "2 Adults No Kids": _text("Two adults, no children", "两位成人，无子女"),
            "2 Adults Kids": _text("Two adults with children", "两位成人，有子女"),
        },
    ),
    DeclaredDefinition(
        "home_ownership", Kind.TEXT,
        _text("Home ownership", "住房情况"),
        _text("Whether the household owns or rents its home.", "住房为自有或租赁。"),
        choices={
            "Homeowner": _text("Owner", "自有"),
            "Probable Homeowner": _text("Probably owner", "可能自有"),
            "Renter": _text("Renter", "租赁"),
            "Probable Renter": _text("Probably renter", "可能租赁"),
        },
    ),
    DeclaredDefinition(
        "marital_status", Kind.TEXT,
        _text("Marital status", "婚姻状况"),
        _text("Whether the source says married.", "数据源提供的婚姻状况。"),
        choices={
            "Married": _text("Married", "已婚"),
            "Unmarried": _text("Unmarried", "未婚"),
        },
    ),
    DeclaredDefinition(
        "kids_count", Kind.TEXT,
        _text("Children", "子女人数"),
        _text("How many children live in the household.", "家庭中的子女人数。"),
        choices=_same("0", "1", "2", "3+"),
    ),
)  # fmt: skip

DEFINITIONS: dict[str, DeclaredDefinition] = {definition.key: definition for definition in _ALL}
