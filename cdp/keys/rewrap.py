"""
Wrap every data key under the active key-encryption key, batch by batch, while others write.

A batch is one transaction and skips rows that somebody holds; passes repeat until one finds
nothing, which catches what was written under the former key meanwhile. Killed at any point, the
next run goes on with what is left: it is told by the rows themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from audit.acting import acting
from audit.inbox import record, record_many
from cdp.kernel import crypto, database, key_register, keyring, wraps
from cdp.kernel.crypto import Cipher
from cdp.kernel.jobs import RunningJob
from cdp.kernel.keyring import Key, Use
from cdp.kernel.subjects import DataKeyTampered, KeyOpener

BATCH = 10_000
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is: data keys moved, of how many that waited at its start."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Batch:
    last: UUID
    moved: int
    unreadable: frozenset[UUID]


def rewrap(job: RunningJob, *, batch: int = BATCH) -> Iterator[Step]:
    """
    Wrap what is not under the active KEK, yielding after each batch; about 10 µs a data key.

    A data key that does not open stays as it is, is put on the record for its subject, and counts
    as `unreadable` in the result.

    :raises KeyMissing: a KEK that subjects use is not in the keyring
    :raises JobCanceled: an operator asked to stop; what is moved stays moved
    """
    active = keyring.current().active(Use.KEK)
    total, done = _waiting(active.id), 0
    unreadable: set[UUID] = set()
    job.advance(done=0, total=total, phase="rewrap")
    while True:
        after, moved = _NOBODY, 0
        while (found := _move(active, after, batch, actor=job.actor)) is not None:
            after, moved = found.last, moved + found.moved
            _note(found.unreadable - unreadable, actor=job.actor)
            unreadable |= found.unreadable
            done += found.moved
            job.advance(done=done, total=max(total, done))
            yield Step(done, max(total, done))
        if not moved:
            break
    with acting(job.actor):
        record(
            job.actor,
            "key.rewrap",
            obj=f"key:kek:{active.id}",
            detail={"moved": done, "unreadable": len(unreadable), "job": str(job.id)},
        )
    job.finish(moved=done, unreadable=len(unreadable), left=_waiting(active.id))


def _waiting(active: int) -> int:
    """Return how many data keys are not under the active KEK."""
    return sum(map(key_register.count_subjects, _former(active)))


def _former(active: int) -> list[int]:
    return [key_id for key_id in key_register.keks_in_use() if key_id != active]


def _move(active: Key, after: UUID, limit: int, *, actor: str) -> _Batch | None:
    """Wrap the next data keys anew in one transaction; None when there are none behind `after`."""
    with acting(actor), database.cursor() as sql:
        sql.execute(
            """SELECT k.subject_id, k.kek_id, k.wrapped, w.key
               FROM kernel_subjectkey k JOIN kernel_workspace w ON w.id = k.workspace_id
               WHERE k.kek_id = ANY(%s) AND k.subject_id > %s
               ORDER BY k.subject_id LIMIT %s FOR UPDATE OF k SKIP LOCKED""",
            [_former(active.id), after, limit],
        )
        rows = [(s, kek, bytes(wrapped), workspace) for s, kek, wrapped, workspace in sql]
        if not rows:
            return None
        moved, unreadable = _wrapped_anew(rows, active)
        wraps.count(active.id, len(moved))
        sql.execute(
            """UPDATE kernel_subjectkey k SET kek_id = %s, wrapped = n.wrapped
               FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS n(subject, was, wrapped)
               WHERE k.subject_id = n.subject AND k.kek_id = n.was""",
            [active.id, *map(list, zip(*moved, strict=True))] if moved else [active.id, [], [], []],
        )
        return _Batch(rows[-1][0], sql.rowcount, unreadable)


def _wrapped_anew(
    rows: list[tuple[UUID, int, bytes, str]], active: Key
) -> tuple[list[tuple[UUID, int, bytes]], frozenset[UUID]]:
    opener, cipher = KeyOpener(keyring.current()), Cipher(active.material)
    moved: list[tuple[UUID, int, bytes]] = []
    unreadable: set[UUID] = set()
    for subject, kek_id, wrapped, workspace in rows:
        try:
            key = opener.open(subject, kek_id, wrapped, workspace)
        except DataKeyTampered:
            unreadable.add(subject)
        else:
            aad = crypto.wrap_aad(active.id, workspace, subject)
            moved.append((subject, kek_id, cipher.seal(key, aad)))
    return moved, frozenset(unreadable)


def _note(unreadable: frozenset[UUID], *, actor: str) -> None:
    if not unreadable:
        return
    with acting(actor):
        record_many(
            actor, "vault.unreadable", subjects=sorted(unreadable), detail={"field": "data_key"}
        )
