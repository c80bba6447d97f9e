"""
Changed configuration: what a column said before and after, read back from an entry. Pure.

The database writes the detail of such an entry (`sql/changes.sql`), so a bulk update, raw SQL and
psql are seen like a form. Only columns that are listed as harmless keep their values; of the
others the name alone is there. Why not django-auditlog: `docs/explanation/audit-log.md`.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """
    One column of a changed row; `before` and `after` are None where there was no value.

    Of a column that keeps no values (`is_masked`) only the name is known.
    """

    column: str
    before: str | None = None
    after: str | None = None
    is_masked: bool = False


def read(detail: str) -> list[Change]:
    """Return the changed columns that an entry's detail tells of, by name; [] if it is another."""
    try:
        told = json.loads(detail)
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    names, values = told.get("columns", ""), told.get("values", {})
    if not isinstance(names, str) or not isinstance(values, dict):
        return []
    columns = sorted({*filter(None, names.split(",")), *values})
    return [_change(column, values.get(column)) for column in columns]


def _change(column: str, sides: object) -> Change:
    match sides:
        case [str() | None as before, str() | None as after]:
            return Change(column, before, after)
    return Change(column, is_masked=True)
