"""The event log: appending a batch, and how far the journal has been drained."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from cdp.kernel import crypto, database, workspaces
from cdp.kernel.identifiers import uuid7
from profiles.events import partitions
from profiles.events.clean import CleanEvent
from profiles.events.lines import lines

TABLE, COLUMN = "event", "sealed"
_encoder = msgspec.json.Encoder()


def new_only(events: Sequence[CleanEvent]) -> list[CleanEvent]:
    """Return the events whose (source, key) was never seen, claiming it; the first one wins."""
    first = {(event.source, event.key): event for event in reversed(events)}
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_eventkey (source_id, key)
               SELECT s, k FROM unnest(%s::uuid[], %s::text[]) AS n(s, k)
               ON CONFLICT DO NOTHING RETURNING source_id, key""",
            [[source for source, _ in first], [key for _, key in first]],
        )
        new = set(sql.fetchall())
    return [event for key, event in reversed(first.items()) if key in new]


def append(
    events: Sequence[CleanEvent], subjects: Mapping[UUID, UUID], keys: Mapping[UUID, bytes]
) -> None:
    """
    Append a batch to the event log, sealed, each event under its subject and stamped.

    `subjects` maps event id to subject, `keys` subject to data key.
    """
    workspace = workspaces.current()
    partitions.ensure({event.happened_at.date().replace(day=1) for event in events})
    rows: list[dict[str, Any]] = []
    order_lines: list[dict[str, Any]] = []
    for event in events:
        subject = subjects[event.id]
        sealed = seal_private(event.private, subject, keys[subject], workspace.key)
        rows.append(
            {
                "id": event.id,
                "subject_id": subject,
                "source_id": event.source,
                "key": event.key,
                "kind": event.kind,
                "name": event.name,
                "category": int(event.category),
                "happened_at": event.happened_at,
                "received_at": event.received_at,
                "properties": event.properties,
                "amount_minor": event.amount_minor,
                "currency": event.currency,
                "flags": event.flags,
                "sealed": base64.b64encode(sealed).decode(),
                "ceiling": event.ceiling,
            }
        )
        order_lines += [
            {
                **line,
                "subject_id": subject,
                "event_id": event.id,
                "happened_at": event.happened_at,
                "line": number,
                "ceiling": event.ceiling,
            }
            for number, line in enumerate(lines(event))
        ]
    with database.cursor() as sql:
        sql.execute(
            "SELECT append_events(%s, %s::jsonb, %s::json)",
            [workspace.id, _encoder.encode(rows).decode(), _encoder.encode(order_lines).decode()],
        )


def seal_private(private: Mapping[str, Any], subject: UUID, key: bytes, workspace: str) -> bytes:
    """Return what an event keeps sealed, under its subject's data key."""
    aad = crypto.field_aad(workspace, TABLE, COLUMN, subject)
    return crypto.seal(key, _encoder.encode(private), aad)


def quarantine(
    workspace: UUID, refused: Sequence[tuple[UUID, Any, str, str, str, bytes, int]]
) -> None:
    """
    Keep refused calls, sealed, with their reasons.

    Each is (source, received_at, reason, detail, key, sealed, intake key id).
    """
    if not refused:
        return
    columns = [list(column) for column in zip(*refused, strict=True)]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_quarantine
                 (id, created_at, workspace_id, source_id, received_at, reason, detail, event_key,
                  sealed, intake_key_id)
               SELECT n.id, now(), %s, n.source, n.received, n.reason, n.detail, n.key, n.sealed,
                      n.intake
               FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[],
                           %s::text[], %s::bytea[], %s::int[])
                 AS n(id, source, received, reason, detail, key, sealed, intake)""",
            [workspace, [uuid7() for _ in refused], *columns],
        )


def journal_pending() -> int:
    """Return how many requests wait for the drain."""
    with database.cursor() as sql:
        sql.execute("SELECT count(*) FROM profiles_journal")
        row = sql.fetchone()
    return int(row[0]) if row else 0
