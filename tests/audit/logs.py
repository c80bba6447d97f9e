"""What tests do to a log from outside: read it, and tamper with it."""

from typing import Any
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.roles import Role


def add_workspace(workspace: UUID, *, key: str) -> UUID:
    """Add a workspace as the tables' owner."""
    with database.as_role(Role.OWNER):
        execute(
            "INSERT INTO kernel_workspace (id, created_at, key, name, settings) "
            "VALUES (%s, now(), %s, 'A shop', '{}')",
            workspace,
            key,
        )
    return workspace


def empty_inbox() -> None:
    """Take out what making the test's surroundings put on the record."""
    with database.as_role(Role.AUDIT):
        execute("DELETE FROM audit_inbox")


def execute(sql: str, *params: Any) -> None:
    """Run one statement on the connection at hand."""
    with database.cursor() as cursor:
        cursor.execute(sql, params or None)


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Return what one statement selects."""
    with database.cursor() as cursor:
        cursor.execute(sql, params or None)
        return list(cursor.fetchall())


def inbox(columns: str) -> list[tuple[Any, ...]]:
    """Return what waits in the inbox, oldest first, as the sequencer sees it."""
    with database.as_role(Role.AUDIT):
        return rows(f"SELECT {columns} FROM audit_inbox ORDER BY id")


def tamper(table: str, sql: str, *params: Any) -> None:
    """Change a guarded table as its owner, who first switches its guards off."""
    with database.as_role(Role.OWNER):
        execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_guard")
        execute(sql, *params)
        execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_guard")
        execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
