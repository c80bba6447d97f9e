"""Finding a source by its write key or id; the door asks for each request."""

from dataclasses import dataclass
from uuid import UUID

from cdp.kernel import database

PLATFORM = "candor"  # the source that every workspace has for what the platform itself does


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
    """Return the source a write key belongs to, or None for an unknown or revoked one."""
    with database.cursor() as sql:
        sql.execute(
            f"""SELECT {_COLUMNS} FROM profiles_writekey k JOIN profiles_source s
                ON s.id = k.source_id WHERE k.key = %s AND k.revoked_at IS NULL""",
            [key],
        )
        row = sql.fetchone()
    return SourceFacts(*row) if row else None


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
