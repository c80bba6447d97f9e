"""
Functions that Ibis does not bring along, under names that engines share.

PostgreSQL and DuckDB both know `timezone`, `md5` and `substr`; those on JSON are PostgreSQL's.
Importing Ibis takes a second, so only workers import this.
"""

from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import (
    BooleanValue,
    DateValue,
    DecimalValue,
    IntegerValue,
    JSONValue,
    StringValue,
    TimestampValue,
    UUIDValue,
)

INSTANT = dt.Timestamp("UTC")
_HEX = "0123456789abcdef"


_builtin = ibis.udf.scalar.builtin  # a function of the engine's own, by name and types
_timezone = _builtin(
    lambda zone, at: None, name="timezone", signature=((dt.string, INSTANT), dt.timestamp)
)
_md5 = _builtin(lambda text: None, name="md5", signature=((dt.string,), dt.string))
_substr = _builtin(
    lambda text, start, length: None,
    name="substr",
    signature=((dt.string, dt.int32, dt.int32), dt.string),
)
_at = _builtin(
    lambda document, key: None,
    name="jsonb_extract_path",
    signature=((dt.json, dt.string), dt.json),
)
_text_at = _builtin(
    lambda document, key: None,
    name="jsonb_extract_path_text",
    signature=((dt.json, dt.string), dt.string),
)
_type_of = _builtin(lambda document: None, name="jsonb_typeof", signature=((dt.json,), dt.string))


def local_day(at: TimestampValue, zone: str) -> DateValue:
    """Return the calendar day of an instant in a time zone."""
    return _timezone(zone, at).date()


def digest_number(text: StringValue, *, digits: int) -> IntegerValue:
    """Return the number that the first `digits` hex digits (at most 7) of the MD5 make."""
    digest = _md5(text)
    number = ibis.literal(0, type=dt.int64)
    for place in range(digits):
        number = number * 16 + ibis.literal(_HEX).find(_substr(digest, place + 1, 1))
    return number


def json_text(document: JSONValue, key: str) -> StringValue:
    """Return a property that is a JSON string; anything else is no value."""
    return ibis.cases((_type_of(_at(document, key)) == "string", _text_at(document, key)))


def json_number(document: JSONValue, key: str) -> DecimalValue:
    """Return a property that is a JSON number, exactly as written; anything else is no value."""
    number = _text_at(document, key).cast(dt.decimal)  # a double would refuse 1e400
    return ibis.cases((_type_of(_at(document, key)) == "number", number))


def json_present(document: JSONValue, key: str) -> BooleanValue:
    """Return true where there is a property of any kind but null, else no value."""
    return ibis.cases((_type_of(_at(document, key)) != "null", True))


def exact(number: float) -> DecimalValue:
    """Return a number as it is written, not as the nearest double."""
    return ibis.literal(Decimal(repr(number)), type=dt.decimal)


def uuid_text(value: UUIDValue) -> StringValue:
    """Return an id in lower case with hyphens."""
    return value.cast(dt.string)
