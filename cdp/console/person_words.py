"""Facts about a person in words: traits with their units, events with what matters in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.console import names, people
from cdp.templatetags import display
from profiles.records import own
from profiles.traits import declared, definitions
from profiles.traits.definitions import Unit

PROPERTIES_SHOWN, IN_SUMMARY = 12, 3
VALUE_CHARACTERS = 120
MONEY = ("total", "revenue", "currency")

IDENTIFIERS: Mapping[str, names.Text] = {
    "user_id": gettext_lazy("customer number"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "anonymous_id": gettext_lazy("anonymous id"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """One trait ready to show; `kind` says whether we worked it out or a source stated it."""

    label: str
    value: str
    meaning: str
    is_computed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One event ready to show."""

    id: UUID
    at: datetime
    name: str
    source: str
    amount: str
    summary: str
    properties: list[tuple[str, str]]


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return the text in the reader's language, else in English."""
    return texts.get(language, texts["en"])


def traits(
    computed: Iterable[people.TraitValue],
    stated: Iterable[own.Fact],
    *,
    language: str,
    currency: str,
) -> list[Known]:
    """Return traits in the catalogue's order, then what the catalogue does not list."""
    order = {key: place for place, key in enumerate(definitions.DEFINITIONS)}
    values = sorted(computed, key=lambda value: (order.get(value.key, len(order)), value.key))
    return [_computed(value, language, currency) for value in values] + [
        _stated(fact, language) for fact in stated
    ]


def _computed(value: people.TraitValue, language: str, currency: str) -> Known:
    known = definitions.DEFINITIONS.get(value.key)
    if known is None:
        return Known(value.key, _plain(value), "", True, value.as_of)
    if value.number is not None:
        shown = _number(value.number, known.unit, currency)
    elif value.text is not None and known.choices:
        shown = text_in(known.choices.get(value.text, {"en": value.text}), language)
    else:
        shown = _plain(value)
    return Known(
        text_in(known.label, language), shown, text_in(known.meaning, language), True, value.as_of
    )


def _stated(fact: own.Fact, language: str) -> Known:
    known = declared.DEFINITIONS.get(fact.key)
    value = fact.text if fact.text is not None else display.number(fact.number)
    if known is None:
        return Known(fact.key, value, "", False, fact.stated_at)
    if known.choices:
        value = text_in(known.choices.get(value, {"en": value}), language)
    return Known(
        text_in(known.label, language), value, text_in(known.meaning, language), False,
        fact.stated_at,
    )  # fmt: skip


def _number(number: float, unit: Unit, currency: str) -> str:
    if unit is Unit.MINOR:
        return display.money(round(number), currency)
    if unit is Unit.DAYS:
        return _("%(n)s days") % {"n": display.number(number)}
    return display.number(number)


def _plain(value: people.TraitValue) -> str:
    if value.items is not None:
        return _(", ").join(value.items) or display.NOTHING
    if value.at is not None:
        return f"{value.at:%Y-%m-%d}"
    if value.number is not None:
        return display.number(value.number)
    return value.text or display.NOTHING


def events(happened: Iterable[people.Happening], *, sources: Mapping[UUID, str]) -> list[Shown]:
    """Return events with amount and the plain properties that the dictionary lets stand."""
    return [_event(event, sources.get(event.source, "")) for event in happened]


def _event(event: people.Happening, source: str) -> Shown:
    properties = _properties(event.properties)
    has_amount = event.amount_minor is not None
    return Shown(
        id=event.id,
        at=event.happened_at,
        name=str(names.event(event.name or event.kind)),
        source=source,
        amount=display.money(event.amount_minor, event.currency or "USD") if has_amount else "",
        summary=_summary(properties, has_amount=has_amount),
        properties=properties,
    )


def _summary(properties: list[tuple[str, str]], *, has_amount: bool) -> str:
    """Return the first properties in a line; what the amount says already is left out."""
    told = [f"{key} {value}" for key, value in properties if not (has_amount and key in MONEY)]
    return " · ".join(told[:IN_SUMMARY])


def _properties(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    told = []
    for key, value in list(properties.items())[:PROPERTIES_SHOWN]:
        if isinstance(value, list):
            told.append((key, names.entries(len(value))))
        elif not isinstance(value, dict):
            told.append((key, str(value)[:VALUE_CHARACTERS]))
    return told
