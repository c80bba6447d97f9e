"""
The sequencer: from inbox rows to a place in the tree, in one transaction.

Rows leave the inbox and enter the log in the same commit, so there is no gap and no double after
a kill at any point. A second sequencer waits at the lock. There is no “id above the last” cursor:
identity values are taken before commit, and a slow writer would be skipped.
"""

import base64
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import anchors, leaf, merkle, pseudonym, shelf, signing, tiles
from audit.actors import CUSTOMER
from audit.checkpoint import Checkpoint, sign
from audit.leaf import Leaf
from audit.shelf import Signed
from cdp.kernel import crypto, database, subjects
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger
from cdp.kernel.subjects import DataKeyTampered

BATCH = 10_000
LOCK = 0x43414E444F52
_TAKE = """
    WITH taken AS (
        DELETE FROM audit_inbox
        WHERE id IN (SELECT id FROM audit_inbox ORDER BY id LIMIT %s)
        RETURNING *
    )
    SELECT t.id, t.at, t.db_role, t.actor, t.act, t.subject, t.purpose, t.obj, t.req, t.detail,
           w.id, coalesce(w.key, '')
    FROM taken t
    LEFT JOIN kernel_subjectkey k ON k.subject_id = t.subject
    LEFT JOIN kernel_workspace w ON w.id = coalesce(t.workspace_id, k.workspace_id)
    ORDER BY t.id
"""


class LogDiverged(CdpError):
    """The stored tree does not have the root that was signed; nothing more is signed over it."""

    code = "log_diverged"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox row, with what sealing needs to know about its workspace."""

    id: int
    at: datetime
    role: str
    actor: str
    act: str
    subject: UUID | None
    purpose: str
    obj: str
    req: str
    detail: str
    workspace: UUID | None
    workspace_key: str


def sequence(limit: int = BATCH) -> int:
    """
    Move up to `limit` waiting entries into the tree and sign it; return how many.

    The checkpoint is anchored after commit. About 70 µs of CPU an entry.

    :raises LogDiverged: the stored tree is not the one that was signed last
    """
    with database.atomic():
        with database.cursor() as sql:
            sql.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # read after the lock: a former holder has committed by now
        newest = shelf.newest_checkpoint()
        size, root = (newest.size, newest.root) if newest else (0, merkle.EMPTY_ROOT)
        rows = _take(limit)
        if not rows:
            return 0
        tree = shelf.tiles(tiles.right_edge(size))
        _check_root(tree, size, root)
        leaves = _leaves(rows)
        raw = [leaf.encode(entry) for entry in leaves]
        _write(size, rows, leaves, raw)
        tree.append(size, [merkle.leaf_hash(data) for data in raw])
        shelf.write_tiles(tree.changed())
        _sign(tree, size + len(raw))
        transaction.on_commit(_publish, using=database.alias())
    return len(rows)


def _publish() -> None:
    anchors.publish()


def _take(limit: int) -> list[Waiting]:
    with database.cursor() as sql:
        sql.execute(_TAKE, [limit])
        return [Waiting(*row) for row in sql.fetchall()]


def _check_root(tree: tiles.Tiles, size: int, root: bytes) -> None:
    try:
        found = merkle.root(size, tree.node)
    except LookupError:
        found = b""
    if found != root:
        raise LogDiverged(
            f"The tree of {size} entries does not have its signed root. Nothing is signed until "
            f"“manage.py verify_audit” is clean; restore the audit tables.",
            size=size,
        )


def _leaves(rows: Sequence[Waiting]) -> list[Leaf]:
    keys = _data_keys({row.subject for row in rows if row.subject})
    return [_leaf(row, keys.get(row.subject) if row.subject else None) for row in rows]


def _leaf(row: Waiting, data_key: bytes | None) -> Leaf:
    return Leaf(
        src=str(row.id),
        at=leaf.stamp(row.at),
        actor=_actor(row),
        role=row.role,
        act=row.act,
        purpose=row.purpose,
        obj=row.obj,
        req=row.req,
        ref=pseudonym.of(row.subject, workspace_key=row.workspace_key).hex() if row.subject else "",
        detail="" if row.subject else row.detail,
        sealed=_sealed(row, data_key),
        salt=os.urandom(16).hex(),
        ws=str(row.workspace or ""),
    )


def _actor(row: Waiting) -> str:
    """Return the actor, a customer by pseudonym; a customer's form without an id stays as it is."""
    kind, _, name = row.actor.partition(":")
    if kind != CUSTOMER:
        return row.actor
    try:
        subject = UUID(name)
    except ValueError:
        return row.actor
    return f"{CUSTOMER}:{pseudonym.of(subject, workspace_key=row.workspace_key).hex()}"


def _sealed(row: Waiting, data_key: bytes | None) -> str:
    """Return the detail sealed, '' where the data key is already gone."""
    if row.subject is None or data_key is None or not row.detail:
        return ""
    aad = crypto.field_aad(row.workspace_key, "audit_entry", "detail", row.subject)
    return base64.b64encode(crypto.seal(data_key, row.detail.encode(), aad)).decode()


def _data_keys(people: Collection[UUID]) -> dict[UUID, bytes]:
    """
    Return data keys; one that was tampered with must not hold up everybody's entries.

    :raises KeyMissing: a key-encryption key is away; what waits is sealed once it is back
    """
    keys = subjects.data_keys(people)
    for failure in keys.failed.values():
        if not isinstance(failure, DataKeyTampered):
            raise failure
        logger().error("audit.data_key_tampered", table="kernel_subjectkey")
    return keys


def _write(
    size: int, rows: Sequence[Waiting], leaves: Sequence[Leaf], raw: Sequence[bytes]
) -> None:
    indexes = list(range(size, size + len(raw)))
    # not COPY: it is refused on tables under row-level security
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO audit_entry
                   (idx, inbox_id, workspace_id, at, act, actor, purpose, obj, ref)
               SELECT * FROM unnest(
                   %s::bigint[], %s::bigint[], %s::uuid[], %s::timestamptz[], %s::text[],
                   %s::text[], %s::text[], %s::text[], %s::bytea[])""",
            [
                indexes,
                [row.id for row in rows],
                [row.workspace for row in rows],
                [row.at for row in rows],
                [entry.act for entry in leaves],
                [entry.actor for entry in leaves],
                [entry.purpose for entry in leaves],
                [entry.obj for entry in leaves],
                [bytes.fromhex(entry.ref) if entry.ref else None for entry in leaves],
            ],
        )
        sql.execute(
            "INSERT INTO audit_leaf (idx, leaf) SELECT * FROM unnest(%s::bigint[], %s::bytea[])",
            [indexes, list(raw)],
        )


def _sign(tree: tiles.Tiles, size: int) -> None:
    signers = signing.signers()
    root = merkle.root(size, tree.node)
    note = sign(Checkpoint(signers[0].name, size, root), signers)
    shelf.write_checkpoint(Signed(size, root, note))
