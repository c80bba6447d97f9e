"""Compare a person's own value with a rule's; no value gives no answer. Pure."""

from datetime import date, datetime, timedelta
from typing import assert_never, cast

from profiles.segments.ground import Ground
from profiles.segments.tree import Comparison, Op

Own = int | float | str | bool | tuple[str, ...] | datetime | None


def holds(test: Comparison, own: Own, *, ground: Ground) -> bool | None:
    """Return whether the comparison holds; None where the person has no value to compare."""
    if test.op is Op.EXISTS:
        return own is not None
    if test.op is Op.MISSING:
        return own is None
    if own is None:
        return None
    if isinstance(own, datetime):
        return _moment(test, own, ground)
    return _value(test, own)


def _moment(test: Comparison, own: datetime, ground: Ground) -> bool:
    if test.op is Op.WITHIN_LAST:
        start = ground.as_of - timedelta(days=cast(int, test.value))
        return start <= own < ground.as_of
    mark = ground.instant(cast(date | datetime, test.value))
    return own < mark if test.op is Op.BEFORE else own >= mark


def _value(test: Comparison, own: Own) -> bool:
    # the reader has made sure that value and operator fit the kind of value
    value = cast(float, test.value)
    number = cast(float, own)
    match test.op:
        case Op.EQ:
            return number == value
        case Op.NE:
            return number != value
        case Op.LT:
            return number < value
        case Op.LE:
            return number <= value
        case Op.GT:
            return number > value
        case Op.GE:
            return number >= value
        case Op.BETWEEN:
            low, high = cast(tuple[float, float], test.value)
            return low <= number <= high
        case Op.IN:
            return own in cast(tuple[Own, ...], test.value)
        case Op.NOT_IN:
            return own not in cast(tuple[Own, ...], test.value)
        case Op.CONTAINS:
            return cast(str, test.value) in cast(str | tuple[str, ...], own)
        case Op.EXISTS | Op.MISSING | Op.WITHIN_LAST | Op.BEFORE | Op.AFTER:
            raise ValueError(f"{test.op} compares no such value")
        case _:
            assert_never(test.op)
