"""Comparisons as Ibis expressions; the same answers as `profiles.segments.compare`."""

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import cast

import ibis
from ibis.expr.types import BooleanValue, Scalar, Value

from cdp.engine import dialect
from profiles.segments.ground import Ground
from profiles.segments.tree import Comparison, Op

_ORDERED: dict[Op, Callable[[Value, Scalar], BooleanValue]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


def compare(test: Comparison, own: Value, *, ground: Ground) -> BooleanValue:
    """Return whether the comparison holds; null where there is no value to compare."""
    if test.op is Op.EXISTS:
        return own.notnull()
    if test.op is Op.MISSING:
        return own.isnull()
    if own.type().is_timestamp():
        return _moment(test, own, ground)
    if test.op in _ORDERED:
        return _ORDERED[test.op](own, _literal(test.value, own))
    parts = cast(tuple[object, ...], test.value)
    match test.op:
        case Op.BETWEEN:
            low, high = (_literal(part, own) for part in parts)
            return own.between(low, high)
        case Op.IN:
            return own.isin([_literal(part, own) for part in parts])
        case Op.NOT_IN:
            return own.notin([_literal(part, own) for part in parts])
        case Op.CONTAINS:
            return own.contains(test.value)
        case _:
            raise ValueError(f"{test.op} compares no such value")


def _literal(value: object, own: Value) -> Scalar:
    """Return a rule's value; against an exact decimal, exactly as it is written."""
    if own.type().is_decimal():
        return dialect.exact(cast(float, value))
    return ibis.literal(value)


def _moment(test: Comparison, own: Value, ground: Ground) -> BooleanValue:
    if test.op is Op.WITHIN_LAST:
        start = ground.as_of - timedelta(days=cast(int, test.value))
        return (own >= _instant(start)) & (own < _instant(ground.as_of))
    mark = _instant(ground.instant(cast(date | datetime, test.value)))
    return own < mark if test.op is Op.BEFORE else own >= mark


def _instant(moment: datetime) -> Scalar:
    return ibis.literal(moment, type=dialect.INSTANT)


def both(parts: Sequence[BooleanValue]) -> BooleanValue:
    """Return whether all parts hold."""
    return _balanced(operator.and_, parts)


def either(parts: Sequence[BooleanValue]) -> BooleanValue:
    """Return whether one part at least holds."""
    return _balanced(operator.or_, parts)


def _balanced(
    join: Callable[[BooleanValue, BooleanValue], BooleanValue], parts: Sequence[BooleanValue]
) -> BooleanValue:
    """Join many parts in a tree of little depth: parsers recurse."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return join(_balanced(join, parts[:half]), _balanced(join, parts[half:]))
