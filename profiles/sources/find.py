"""Finding a source by its write key or id; the door asks for each request."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cdp.kernel import clock, database

PLATFORM = "candor"  # the source that every workspace has for what the platform itself does
USED_EVERY = timedelta(minutes=5)  # how exact a write key's `last_used_at` is


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What intake needs to know about a source."""

    id: UUID
    workspace: UUID
    key: str
    consent_authority: bool
    generated: bool
    paused: bool

    @property
    def is_platform(self) -> bool:
        """Say whether these are the platform's own events; they may name a subject."""
        return self.key == PLATFORM


_COLUMNS = "s.id, s.workspace_id, s.key, s.consent_authority, s.generated, s.paused_at IS NOT NULL"


def by_write_key(key: str) -> SourceFacts | None:
    """
    Return the source a write key belongs to, or None for one that is unknown or not in force.

    The key's last use is kept to five minutes: one write in that time, however many requests.
    """
    now = clock.now()
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT {_COLUMNS}, k.id, k.last_used_at FROM profiles_writekey k
                JOIN profiles_source s ON s.id = k.source_id
                WHERE k.key = %s AND k.revoked_at IS NULL
                  AND (k.ends_at IS NULL OR k.ends_at > %s)""",
            [key, now],
        )
        if (row := sql.fetchone()) is None:
            return None
        *facts, key_id, last_used_at = row
        if last_used_at is None or last_used_at < now - USED_EVERY:
            sql.execute(
                """UPDATE profiles_writekey SET last_used_at = %s
                   WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)""",
                [now, key_id, now - USED_EVERY],
            )
    return SourceFacts(*facts)


def by_id() -> dict[UUID, SourceFacts]:
    """Return every source by id."""
    with database.cursor() as sql:
        sql.execute(f"SELECT {_COLUMNS} FROM profiles_source s")
        return {row[0]: SourceFacts(*row) for row in sql.fetchall()}


def by_key(key: str) -> SourceFacts | None:
    """Return the current workspace's source of that key."""
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT {_COLUMNS} FROM profiles_source s
                WHERE s.key = %s AND s.workspace_id = current_workspace()""",
            [key],
        )
        row = sql.fetchone()
    return SourceFacts(*row) if row else None
