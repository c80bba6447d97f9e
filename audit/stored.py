"""The log as the database keeps it, read in stretches for checking."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import shelf
from audit.leaf import Leaf
from audit.shelf import Signed
from cdp.kernel import database

_CHECKPOINTS = 1_000

# inbox id, workspace, at, act, actor, purpose, obj, ref
Projection = tuple[int, Any, datetime, str, str, str, str, bytes | None]


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as stored: search columns and leaf, either of which may be missing."""

    columns: Projection | None
    raw: bytes | None


def projection(entry: Leaf) -> Projection:
    """Return the search columns that belong to an entry."""
    return (
        int(entry.src),
        entry.workspace,
        entry.recorded_at,
        entry.act,
        entry.actor,
        entry.purpose,
        entry.obj,
        bytes.fromhex(entry.ref) if entry.ref else None,
    )


def rows(start: int, end: int) -> dict[int, Row]:
    """Return the entries from `start` up to, not with, `end`, as far as they are there."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT idx, e.idx IS NOT NULL, e.inbox_id, e.workspace_id, e.at, e.act, e.actor,
                      e.purpose, e.obj, e.ref, l.leaf
               FROM (SELECT * FROM audit_entry WHERE idx >= %s AND idx < %s) e
               FULL JOIN (SELECT * FROM audit_leaf WHERE idx >= %s AND idx < %s) l USING (idx)""",
            [start, end, start, end],
        )
        return {
            index: Row(
                (*columns, bytes(ref) if ref is not None else None) if present else None,
                bytes(raw) if raw is not None else None,
            )
            for index, present, *columns, ref, raw in sql.fetchall()
        }


def first_beyond_the_checkpoints() -> int | None:
    """Return the first entry that no checkpoint covers, None if there is none."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT min(idx) FROM (
                   SELECT idx FROM audit_entry UNION ALL SELECT idx FROM audit_leaf) e
               WHERE idx < 0
                  OR idx >= coalesce((SELECT max(size) FROM audit_checkpoint), 0)"""
        )
        row = sql.fetchone()
    return row[0] if row else None


def checkpoints(*, after: int) -> Iterator[Signed]:
    """Yield the checkpoints of more than `after` entries, smallest first."""
    while batch := shelf.checkpoints(after=after, limit=_CHECKPOINTS):
        yield from batch
        after = batch[-1].size


def in_batches(found: Iterator[Signed]) -> Iterator[list[Signed]]:
    """Yield checkpoints a thousand at a time."""
    batch: list[Signed] = []
    for signed in found:
        batch.append(signed)
        if len(batch) == _CHECKPOINTS:
            yield batch
            batch = []
    yield batch


def roots(sizes: Sequence[int]) -> dict[int, bytes]:
    """Return the roots that are stored for these sizes."""
    with database.cursor() as sql:
        sql.execute("SELECT size, root FROM audit_checkpoint WHERE size = ANY(%s)", [list(sizes)])
        return {size: bytes(root) for size, root in sql.fetchall()}


def waiting() -> tuple[int, datetime | None]:
    """Return how many entries wait in the inbox, and since when the oldest does."""
    with database.cursor() as sql:
        sql.execute("SELECT count(*), min(at) FROM audit_inbox")
        row = sql.fetchone()
    return row or (0, None)
