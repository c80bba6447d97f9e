"""Keeping what sources state about people: traits the catalogue knows, the newest wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.kernel import database, workspaces
from cdp.kernel.identifiers import uuid7
from profiles.events.personal import looks_personal
from profiles.traits.declared import DEFINITIONS


@dataclass(frozen=True, slots=True)
class Stated:
    """The traits of one identify call."""

    subject: UUID
    traits: Mapping[str, Any]
    source: UUID
    stated_at: datetime


def put_many(stated: Sequence[Stated]) -> int:
    """Keep the listed traits of these calls; returns how many values were given. One statement."""
    newest: dict[tuple[UUID, str], tuple[Stated, float | None, str | None]] = {}
    for each in sorted(stated, key=lambda one: one.stated_at):
        for key, value in each.traits.items():
            if key in DEFINITIONS and (typed := _typed(key, value)) is not None:
                newest[each.subject, key] = (each, *typed)
    if not newest:
        return 0
    rows = [
        (uuid7(), subject, key, number, text, each.source, each.stated_at,
         int(min(DEFINITIONS[key].reads)))
        for (subject, key), (each, number, text) in newest.items()
    ]  # fmt: skip
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_declaredtrait AS t
                 (id, workspace_id, subject_id, key, number, text, source_id, stated_at, category)
               SELECT n.id, %s, n.subject, n.key, n.number, n.text, n.source, n.at, n.category
               FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::float8[], %s::text[],
                           %s::uuid[], %s::timestamptz[], %s::smallint[])
                 AS n(id, subject, key, number, text, source, at, category)
               ON CONFLICT (subject_id, key) DO UPDATE
                 SET number = EXCLUDED.number, text = EXCLUDED.text,
                     source_id = EXCLUDED.source_id, stated_at = EXCLUDED.stated_at
                 WHERE t.stated_at <= EXCLUDED.stated_at""",
            [workspaces.current().id, *(list(column) for column in zip(*rows, strict=True))],
        )
    return len(rows)


def _typed(key: str, value: Any) -> tuple[float | None, str | None] | None:
    """
    Return a value as number or text; None for what a trait cannot be.

    What reads like an address or a phone number is no trait: it stays sealed in its event.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value == "":
        return None
    if looks_personal(key, str(value)):
        return None
    if isinstance(value, str):
        return (None, value[:200])
    return (float(value), None)
