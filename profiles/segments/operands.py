"""Read the small parts of a rule's JSON: numbers, texts, times and comparisons. Pure."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from cdp.kernel.errors import CdpError
from profiles.events.personal import looks_personal
from profiles.segments.tree import OPS, Comparison, Op, Value
from profiles.traits.definitions import Kind

MAX_VALUES = 200  # of one list
MAX_TEXT = 200
MAX_NUMBER = 1e15  # every whole number below is exact in a double
MAX_DAYS = 36_600
YEARS = range(1900, 2201)
_DATE = len("2026-01-31")
_TEXT_FORMAT = ("Cc", "Cs")  # control signs and halves of a sign: no database takes them all

Choice = TypeVar("Choice", bound=StrEnum)


class RuleRefused(CdpError):
    """A segment's rule cannot be read; nothing was saved."""

    code: ClassVar[str] = "rule_refused"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"Correct the rule at {path}: {problem}.", path=path, problem=problem)
        self.path = path
        self.problem = problem


def read_comparison(
    body: Mapping[str, Any], path: str, kind: Kind | None, *, allowed: Collection[Op] = ()
) -> Comparison:
    """
    Return the comparison that `op` and `value` of `body` make.

    Without a `kind` the value decides: a number or a text. `allowed` narrows the comparisons.
    """
    op = read_choice(Op, body["op"], f"{path}.op")
    if op in (Op.EXISTS, Op.MISSING) and not allowed:
        if "value" in body:
            raise RuleRefused(f"{path}.value", "takes_no_value")
        return Comparison(kind, op)
    if "value" not in body:
        raise RuleRefused(f"{path}.value", "value_missing")
    value = body["value"]
    if kind is None:
        first = value[0] if isinstance(value, list) and value else value
        kind = Kind.TEXT if isinstance(first, str) else Kind.NUMBER
    if op not in (allowed or OPS[kind]):
        raise RuleRefused(f"{path}.op", "unfit_comparison")
    return Comparison(kind, op, _operand(kind, op, value, f"{path}.value"))


def _operand(kind: Kind, op: Op, given: object, path: str) -> Value:
    if op is Op.WITHIN_LAST:
        return read_whole(given, path, least=1)
    if kind is Kind.MOMENT:
        return read_moment(given, path)
    if op is Op.BETWEEN:
        ends = _list(given, path)
        if len(ends) != 2:
            raise RuleRefused(path, "not_a_range")
        low, high = (_number(end, f"{path}.{place}") for place, end in enumerate(ends))
        if low > high:
            raise RuleRefused(path, "empty_range")
        return (low, high)
    if op in (Op.IN, Op.NOT_IN):
        parts = list(enumerate(_list(given, path)))
        if kind is Kind.NUMBER:
            return tuple(_number(part, f"{path}.{place}") for place, part in parts)
        return tuple(read_text(part, f"{path}.{place}") for place, part in parts)
    return _number(given, path) if kind is Kind.NUMBER else read_text(given, path)


def read_fields(
    given: object, path: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return `given` if it is an object with all `required` fields and none but the named."""
    if not isinstance(given, Mapping):
        raise RuleRefused(path, "not_an_object")
    if missing := [name for name in required if name not in given]:
        raise RuleRefused(f"{path}.{missing[0]}", "value_missing")
    if set(given) - {*required, *optional}:
        raise RuleRefused(path, "unknown_field")
    return given


def read_whole(given: object, path: str, *, least: int = 0, most: int = MAX_DAYS) -> int:
    """Return a whole number from `least` to `most`."""
    number = _number(given, path)
    if not isinstance(number, int):
        raise RuleRefused(path, "not_a_whole_number")
    if not least <= number <= most:
        raise RuleRefused(path, "number_out_of_range")
    return number


def read_text(given: object, path: str) -> str:
    """Return a text of 1 to 200 signs in Unicode's composed form; nobody's address or number."""
    if not isinstance(given, str):
        raise RuleRefused(path, "not_a_text")
    if not given or len(given) > MAX_TEXT:
        raise RuleRefused(path, "text_too_long" if given else "value_missing")
    if any(unicodedata.category(sign) in _TEXT_FORMAT for sign in given):
        raise RuleRefused(path, "unreadable_text")
    if looks_personal("", given):  # a rule is stored and shown as it is written
        raise RuleRefused(path, "personal_value")
    return unicodedata.normalize("NFC", given)


def read_moment(given: object, path: str) -> date | datetime:
    """Return a date, or an instant in UTC."""
    text = read_text(given, path)
    try:
        found = date.fromisoformat(text) if len(text) == _DATE else datetime.fromisoformat(text)
    except ValueError:
        raise RuleRefused(path, "not_a_time") from None
    if found.year not in YEARS:
        raise RuleRefused(path, "number_out_of_range")
    if not isinstance(found, datetime):
        return found
    if found.tzinfo is None:
        raise RuleRefused(path, "time_without_zone")
    return found.astimezone(UTC)


def read_choice(kind: type[Choice], given: object, path: str) -> Choice:
    """Return the member of `kind` that `given` names."""
    try:
        return kind(read_text(given, path))
    except ValueError:
        raise RuleRefused(path, "unknown_choice") from None


def _list(given: object, path: str) -> list[object]:
    if not isinstance(given, list) or not given or len(given) > MAX_VALUES:
        raise RuleRefused(path, "not_a_list")
    return given


def _number(given: object, path: str) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise RuleRefused(path, "not_a_number")
    if not abs(given) <= MAX_NUMBER:  # also refuses NaN
        raise RuleRefused(path, "number_out_of_range")
    return int(given) if given == int(given) else given
