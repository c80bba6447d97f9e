"""
Suppressions of erased people: their identifiers as keyed digests, so that a call about them is
turned away with a reason instead of bringing them back.

The digest is made over the blind index, under a key of another name: nothing has to be decrypted to
erase somebody, and the rows say nothing about who a person was. Source: vault reference, part 1.10.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cdp.kernel import crypto, database, keyring, workspaces
from cdp.kernel.keyring import Use

ERASED = "erased"
Node = tuple[str, bytes]  # kind of identifier, blind index


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Since when an identifier is suppressed, and whether its person came back."""

    since: datetime
    is_back: bool


@lru_cache(maxsize=256)
def _key(root: bytes, workspace: str, kind: str) -> bytes:
    return crypto.index_key(root, workspace, "suppression", kind, ERASED)


def digest(node: Node) -> bytes:
    """Return the digest under which an identifier is suppressed."""
    kind, blind = node
    root = keyring.current().active(Use.INDEX).material
    return crypto.keyed_digest(_key(root, workspaces.current().key, kind), blind)


def suppress(nodes: Collection[Node], *, since: datetime) -> int:
    """
    Turn away what happened to these identifiers before `since`, and all that comes later.

    Once more after the person had come back, it holds again. Returns how many are suppressed.
    """
    kinds, digests = [kind for kind, _ in nodes], [digest(node) for node in nodes]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO consent_suppression AS s
                 (id, created_at, workspace_id, kind, digest, scope, reason, since)
               SELECT gen_random_uuid(), now(), %s, n.kind, n.digest, %s, 'erasure', %s
               FROM unnest(%s::text[], %s::bytea[]) AS n(kind, digest)
               ON CONFLICT (workspace_id, kind, digest, scope) DO UPDATE
                 SET since = greatest(s.since, EXCLUDED.since), lifted_at = NULL""",
            [workspaces.current().id, ERASED, since, kinds, digests],
        )
        return int(sql.rowcount)


def is_anybody() -> bool:
    """Say whether anybody was erased in the current workspace; then calls have to be looked at."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT EXISTS (SELECT 1 FROM consent_suppression
                               WHERE workspace_id = %s AND scope = %s)""",
            [workspaces.current().id, ERASED],
        )
        row = sql.fetchone()
    return bool(row and row[0])


def suppressed(nodes: Collection[Node]) -> dict[Node, Suppressed]:
    """Return what is known of each suppressed identifier among these."""
    by_digest = {digest(node): node for node in nodes}
    if not by_digest:
        return {}
    with database.cursor() as sql:
        sql.execute(
            """SELECT digest, since, lifted_at IS NOT NULL FROM consent_suppression
               WHERE workspace_id = %s AND scope = %s AND digest = ANY(%s)""",
            [workspaces.current().id, ERASED, list(by_digest)],
        )
        return {
            by_digest[bytes(found)]: Suppressed(since, is_back)
            for found, since, is_back in sql.fetchall()
        }


def lift(nodes: Collection[Node], *, at: datetime) -> int:
    """Let later calls about these identifiers in: the person came back. Returns how many."""
    with database.cursor() as sql:
        sql.execute(
            """UPDATE consent_suppression SET lifted_at = %s
               WHERE workspace_id = %s AND scope = %s AND lifted_at IS NULL AND digest = ANY(%s)""",
            [at, workspaces.current().id, ERASED, [digest(node) for node in nodes]],
        )
        return int(sql.rowcount)
