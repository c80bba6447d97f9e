"""What a database holds about somebody, looked for from above, apart from the code under test."""

from collections.abc import Collection
from uuid import UUID

import psycopg
from psycopg import sql

from cdp.runtime import bootstrap
from tests.servers import Servers


class Holdings:
    """A database as its administrator sees it: every row of every table."""

    def __init__(self, servers: Servers, database: str) -> None:
        self._dsn = bootstrap.with_database(servers.administrator, database)

    def mentions(self, *words: object) -> dict[str, int]:
        """Return how many rows of each table hold any of these words as text, by table."""
        texts = [str(word) for word in words]
        found = {}
        with psycopg.connect(self._dsn, autocommit=True) as server:
            for table in self._tables(server):
                count = server.execute(
                    sql.SQL(
                        "SELECT count(*) FROM {} t WHERE EXISTS (SELECT 1 FROM unnest(%s::text[])"
                        " w WHERE strpos(t::text, w) > 0)"
                    ).format(sql.Identifier(table)),
                    [texts],
                ).fetchone()
                if count and count[0]:
                    found[table] = int(count[0])
        return found

    def of(self, subject: UUID, *, but: Collection[str] = ()) -> dict[str, int]:
        """Return how many rows of each table name a subject; the log and its inbox apart."""
        found = self.mentions(subject)
        return {t: n for t, n in found.items() if not t.startswith("audit_") and t not in but}

    @staticmethod
    def _tables(server: psycopg.Connection) -> list[str]:
        rows = server.execute(
            """SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p')
               AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY 1"""
        )
        return [row[0] for row in rows.fetchall()]
