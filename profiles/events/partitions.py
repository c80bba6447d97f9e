"""
The event log's monthly partitions, made ahead; what lies outside waits in two of their own.

`profiles_event_past` and `profiles_event_future` take what is older or newer than any month made,
so a wrong clock never loses an event.
"""

from datetime import date
from pathlib import Path

from cdp.kernel import database
from cdp.kernel.roles import Role

SQL = Path(__file__).parent
FIRST, LAST = date(2016, 1, 1), date(2031, 1, 1)


def statements() -> list[str]:
    """Return the functions of the event log and its grants as SQL; safe to repeat."""
    return [
        f'SET ROLE "{Role.OWNER}"',
        (SQL / "partition.sql").read_text(),
        "REVOKE ALL ON FUNCTION ensure_partition(date) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION ensure_partition(date) TO {Role.INGEST}, {Role.WORKER}",
        f'SET ROLE "{Role.FOLD}"',
        (SQL / "append.sql").read_text(),
        "REVOKE ALL ON FUNCTION append_events(uuid, jsonb, json) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION append_events(uuid, jsonb, json) TO {Role.INGEST}",
        f'SET ROLE "{Role.OWNER}"',
    ]


def ensure(months: set[date]) -> int:
    """Make the partitions of these months (any day of each) if missing; return how many."""
    inside = sorted(month for month in months if FIRST <= month < LAST)
    made = 0
    with database.cursor() as sql:
        for month in inside:
            sql.execute("SELECT ensure_partition(%s)", [month])
            row = sql.fetchone()
            made += bool(row and row[0])
    return made
