"""The intake journal from the drain's side: take the oldest requests, open them, let them go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel import crypto, database, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from cdp.kernel.keyring import KeyMissing, Keyring, Use
from profiles.events import wire
from profiles.events.intake import journal_aad
from profiles.events.wire import Envelope


class IntakeKeyGone(CdpError):
    """The key that a waiting request is sealed under is not in the keyring."""

    code = "intake_key_gone"


@dataclass(frozen=True, slots=True)
class Request:
    """One journal row, opened."""

    id: int
    source: UUID
    received_at: datetime
    gpc: bool
    envelope: Envelope


def workspaces_waiting() -> list[UUID]:
    """Return the workspaces that have requests waiting."""
    with database.cursor() as sql:
        sql.execute("SELECT DISTINCT workspace_id FROM profiles_journal")
        return [row[0] for row in sql.fetchall()]


def newest() -> int:
    """Return the number of the request accepted last among those that wait; 0 if none does."""
    return _one("SELECT coalesce(max(id), 0) FROM profiles_journal", [])


def waiting(*, up_to: int) -> int:
    """Return how many requests up to a number still wait for the drain."""
    return _one("SELECT count(*) FROM profiles_journal WHERE id <= %s", [up_to])


def _one(statement: str, values: list[int]) -> int:
    with database.cursor() as sql:
        sql.execute(statement, values)
        row = sql.fetchone()
    return int(row[0]) if row else 0


def take(workspace: UUID, *, events: int) -> list[Request]:
    """
    Lock the oldest requests of a workspace, up to about `events` calls, and open them.

    Another drain skips what is locked.
    """
    with database.cursor() as sql:
        sql.execute(
            """WITH oldest AS (
                 SELECT id, sum(events) OVER (ORDER BY id) - events AS before
                 FROM profiles_journal WHERE workspace_id = %s ORDER BY id LIMIT 2000)
               SELECT j.id, j.source_id, j.received_at, j.gpc, j.intake_key_id, j.sealed
               FROM profiles_journal j
               WHERE j.id IN (SELECT id FROM oldest WHERE before < %s)
               ORDER BY j.id FOR UPDATE SKIP LOCKED""",
            [workspace, events],
        )
        rows = sql.fetchall()
    ring = keyring.current()
    return [
        Request(
            id_,
            source,
            received_at,
            gpc,
            wire.unpack(
                crypto.unseal(
                    _intake_key(ring, key_id),
                    bytes(sealed),
                    journal_aad(source, key_id),
                )
            ),
        )
        for id_, source, received_at, gpc, key_id, sealed in rows
    ]


def _intake_key(ring: Keyring, key_id: int) -> bytes:
    try:
        return ring.get(Use.INTAKE, key_id).material
    except KeyMissing:  # a matter of this request alone: others wait under other keys
        raise IntakeKeyGone(f"Intake key {key_id} is not in the keyring.", key_id=key_id) from None


def blame_oldest(workspace: UUID, *, tries: int) -> bool:
    """
    Count one more failure of the oldest request; at `tries`, set it aside whole.

    It goes to quarantine as it is, still sealed, with the reason `drain_failed`, so that one
    request which nobody foresaw never stops those behind it. Returns whether it was set aside.
    """
    with database.atomic(), database.cursor() as sql:
        sql.execute(
            """UPDATE profiles_journal SET tries = tries + 1
               WHERE id = (SELECT min(id) FROM profiles_journal WHERE workspace_id = %s)
               RETURNING id, tries""",
            [workspace],
        )
        row = sql.fetchone()
        if row is None or row[1] < tries:
            return False
        sql.execute(
            """INSERT INTO profiles_quarantine
                 (id, created_at, workspace_id, source_id, received_at, reason, detail, event_key,
                  sealed, intake_key_id)
               SELECT %s, now(), workspace_id, source_id, received_at, 'drain_failed',
                      events || ' events', '', sealed, intake_key_id
               FROM profiles_journal WHERE id = %s""",
            [uuid7(), row[0]],
        )
        sql.execute("DELETE FROM profiles_journal WHERE id = %s", [row[0]])
    return True


def drop(requests: Sequence[Request]) -> None:
    """Delete drained requests, in the transaction that appended their events."""
    with database.cursor() as sql:
        sql.execute(
            "DELETE FROM profiles_journal WHERE id = ANY(%s)", [[each.id for each in requests]]
        )
