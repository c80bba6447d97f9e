"""Totals that may be shown outside a window, counted by the listed definer function."""

from datetime import datetime

from cdp.kernel import database, workspaces


def count(*, as_of: datetime) -> None:
    """Count people and permissions of the current workspace anew."""
    with database.cursor() as sql:
        sql.execute("SELECT consent_count(%s, %s)", [workspaces.current().id, as_of])
