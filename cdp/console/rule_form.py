"""
The segment builder's rows and the rule they make, both ways.

A row is one condition; all or any of them must hold. Every field is posted under the row's number
(`0-kind`, `0-op`, …). A rule that is nested deeper than rows can show is edited as JSON instead.
Amounts are typed in the shop's currency and kept in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from cdp.templatetags.display import MINOR_DIGITS
from profiles.segments.tree import Measure
from profiles.traits import declared, definitions
from profiles.traits.definitions import ORDER_COMPLETED, Kind, Unit

KINDS = ("event", "trait", "score", "segment")
FIELDS = (
    "kind", "event", "property", "values", "measure", "days", "trait", "score", "segment", "inside",
    "op", "value",
)  # fmt: skip
KNOWING = ("exists", "missing")
LISTS = ("in", "not_in")
MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as typed; `problem` says what is wrong with it, '' if nothing is."""

    kind: str = "event"
    event: str = ORDER_COMPLETED
    property: str = ""
    values: str = ""
    measure: str = str(Measure.COUNT)
    days: str = ""
    trait: str = "orders"
    score: str = "coupon_response"
    segment: str = ""
    inside: str = "in"
    op: str = "ge"
    value: str = ""
    chosen: tuple[str, ...] = ()  # of a trait with known answers
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """The whole builder as typed: rows, or a JSON document where rows cannot show the rule."""

    match: str = "all"
    rows: list[Row] = field(default_factory=list)
    json: str = ""


def read(posted: QueryDict) -> Typed:
    """Return what was typed; unknown fields and rows beyond the thirtieth are left out."""
    numbers = sorted(
        {int(name.partition("-")[0]) for name in posted if name.partition("-")[0].isdigit()}
    )
    rows = [_row(posted, number) for number in numbers[:MOST_ROWS]]
    match = posted.get("match", "all")
    return Typed("any" if match == "any" else "all", rows, posted.get("json", ""))


def _row(posted: QueryDict, number: int) -> Row:
    given = {
        name: str(posted.get(f"{number}-{name}")).strip()
        for name in FIELDS
        if f"{number}-{name}" in posted
    }
    if given.get("kind") not in KINDS:
        given["kind"] = "event"
    return Row(**given, chosen=tuple(posted.getlist(f"{number}-chosen")))


def kind_of(trait: str) -> Kind | None:
    """Return which comparisons a trait takes, None if the catalogues do not list it."""
    known = definitions.DEFINITIONS.get(trait) or declared.DEFINITIONS.get(trait)
    return known.kind if known else None


def rule(typed: Typed, *, currency: str) -> dict[str, Any]:
    """Return the rule's JSON; what does not fit is left as typed for the rule's own reader."""
    return {
        "version": 1,
        "where": {typed.match: [_leaf(row, currency=currency) for row in typed.rows]},
    }


def _leaf(row: Row, *, currency: str) -> dict[str, Any]:
    match row.kind:
        case "trait":
            return {"trait": row.trait, **_trait_test(row, currency)}
        case "score":
            return {"score": row.score, "of": "value", "op": row.op, "value": _share(row.value)}
        case "segment":
            return {"segment": row.segment, "in": row.inside == "in"}
        case _:
            return _event(row, currency)


def _event(row: Row, currency: str) -> dict[str, Any]:
    values = _texts(row.values)
    tests = [{"property": row.property, "op": "in", "value": values}] if row.property else []
    money = row.measure == Measure.SUM
    return {
        "event": row.event,
        "where": tests,
        "window": {"last_days": _number(row.days)} if row.days else "all",
        "measure": row.measure,
        "op": row.op,
        "value": _minor(row.value, currency) if money else _number(row.value),
    }


def _trait_test(row: Row, currency: str) -> dict[str, Any]:
    if row.op in KNOWING:
        return {"op": row.op}
    kind = kind_of(row.trait)
    if row.op in LISTS:
        texts = list(row.chosen) or _texts(row.value)
        return {"op": row.op, "value": [_number(t) for t in texts] if _is_number(kind) else texts}
    if kind is Kind.NUMBER:
        known = definitions.DEFINITIONS.get(row.trait)
        money = known is not None and known.unit is Unit.MINOR
        return {"op": row.op, "value": _minor(row.value, currency) if money else _number(row.value)}
    if row.op == "within_last":
        return {"op": row.op, "value": _number(row.value)}
    return {"op": row.op, "value": row.value}


def _is_number(kind: Kind | None) -> bool:
    return kind is Kind.NUMBER


def _texts(typed: str) -> list[str]:
    """Return the comma-separated parts, without blanks and doubles."""
    parts = typed.replace("，", ",").replace("、", ",").replace("\n", ",").split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _decimal(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.replace(",", "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _number(typed: str) -> int | float | str:
    found = _decimal(typed)
    if found is None:
        return typed
    return int(found) if found == found.to_integral_value() else float(found)


def _minor(typed: str, currency: str) -> int | str:
    found = _decimal(typed)
    return typed if found is None else round(found.scaleb(MINOR_DIGITS.get(currency, 2)))


def _share(typed: str) -> float | str:
    """Return a percentage as a ratio."""
    found = _decimal(typed.removesuffix("%"))
    return typed if found is None else float(found / 100)


def rows_of(stored: Mapping[str, Any], *, currency: str) -> Typed | None:
    """Return the rows that make the stored rule, None if rows cannot show it without loss."""
    where = stored.get("where", {})
    match = next((group for group in ("all", "any") if group in where), "")
    if not match:
        return None
    rows = []
    for leaf in where[match]:
        row = _row_of(leaf, currency)
        if row is None or _leaf(row, currency=currency) != leaf:
            return None
        rows.append(row)
    return Typed(match, rows)


def _row_of(leaf: Mapping[str, Any], currency: str) -> Row | None:
    value = leaf.get("value", "")
    if isinstance(value, list) and not all(isinstance(each, str) for each in value):
        return None
    if "trait" in leaf:
        return _trait_row(leaf, value, currency)
    if "score" in leaf:
        percent = format(Decimal(str(value)) * 100, "f") if isinstance(value, int | float) else ""
        return Row(kind="score", score=leaf["score"], op=leaf["op"], value=_plain(percent))
    if "segment" in leaf:
        inside = "in" if leaf["in"] else "out"
        return Row(kind="segment", segment=leaf["segment"], inside=inside)
    return _event_row(leaf, value, currency) if "event" in leaf else None


def _event_row(leaf: Mapping[str, Any], value: Any, currency: str) -> Row | None:
    tests, window = leaf.get("where", []), leaf.get("window", "all")
    if len(tests) > 1 or not (window == "all" or "last_days" in window):
        return None
    test: Mapping[str, Any] = tests[0] if tests else {"property": "", "value": []}
    money = leaf["measure"] == Measure.SUM
    return Row(
        event=leaf["event"],
        property=test["property"],
        values=", ".join(map(str, test["value"])),
        measure=leaf["measure"],
        days="" if window == "all" else str(window["last_days"]),
        op=leaf["op"],
        value=_major(value, currency) if money else str(value),
    )


def _trait_row(leaf: Mapping[str, Any], value: Any, currency: str) -> Row:
    known = definitions.DEFINITIONS.get(leaf["trait"])
    base = Row(kind="trait", trait=leaf["trait"], op=leaf["op"])
    if isinstance(value, list):
        return replace(base, chosen=tuple(value), value=", ".join(value))
    if known is not None and known.unit is Unit.MINOR:
        return replace(base, value=_major(value, currency))
    return replace(base, value=str(value))


def _major(minor: Any, currency: str) -> str:
    if not isinstance(minor, int):
        return str(minor)
    return _plain(format(Decimal(minor).scaleb(-MINOR_DIGITS.get(currency, 2)), "f"))


def _plain(number: str) -> str:
    """Return a decimal text without zeros behind its point."""
    return number.rstrip("0").rstrip(".") if "." in number else number
