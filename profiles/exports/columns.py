"""
What an export may hold, by class, and which purposes may export it. Pure.

A column is written `class.key`, such as `trait.orders`, `score.rfm`, `contact.email`. Every file
begins with the profile's number.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cdp.kernel.errors import CdpError
from cdp.kernel.protected import Category
from cdp.kernel.roles import Role
from consent.catalog import CATALOG, PurposeSpec
from profiles.scoring.registry import MODELS
from profiles.traits.definitions import DEFINITIONS
from profiles.vault.fields import FIELDS, Sensitivity


class ColumnsRefused(CdpError):
    """An export without columns, or with one that there is not."""

    code = "columns_refused"


class Kind(StrEnum):
    """A class of columns."""

    TRAIT = "trait"
    SCORE = "score"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that an export may say about a person, and the data that it reveals."""

    kind: Kind
    key: str
    label: Mapping[str, str]
    categories: frozenset[Category]

    @property
    def name(self) -> str:
        return f"{self.kind}.{self.key}"


_DERIVED = frozenset({Category.INFERRED})

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        *(Column(Kind.TRAIT, each.key, each.label, _DERIVED) for each in DEFINITIONS.values()),
        *(Column(Kind.SCORE, each.name, each.label, _DERIVED) for each in MODELS.values()),
        *(
            Column(Kind.CONTACT, each.key, each.label, frozenset({Category.CONTACT, each.category}))
            for each in FIELDS.values()
            if each.sensitivity is Sensitivity.ORDINARY
        ),
    )
}


def chosen(names: Collection[str]) -> list[Column]:
    """
    Return these columns in the order of the catalogue.

    :raises ColumnsRefused: none, or one that the catalogue does not list
    """
    if not names or set(names) - COLUMNS.keys():
        raise ColumnsRefused("Choose at least one field of the list.")
    return [column for name, column in COLUMNS.items() if name in names]


def has_contact(names: Collection[str]) -> bool:
    """Say whether an export reaches people: it holds a contact detail."""
    return any(COLUMNS[name].kind is Kind.CONTACT for name in names)


def exporting_purposes() -> list[PurposeSpec]:
    """
    Return the purposes that an export may be for: those that people say yes to.

    Who belongs to a segment is data of its own, so the purpose covers that in any case.
    """
    return [
        spec
        for spec in CATALOG
        if spec.open
        and spec.needs_consent
        and Role.WORKER in spec.roles
        and Category.SEGMENT in spec.categories
    ]


def uncovered(columns: Collection[Column], categories: Collection[Category]) -> list[Column]:
    """Return the columns that reveal more than these categories."""
    return [column for column in columns if not column.categories <= set(categories)]
