"""
Reading the log: for the console, and about one person.

Row-level security shows the console its workspace's entries and a customer their own.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit import leaf, proofs, pseudonym
from audit.actors import Actor
from audit.leaf import LeafRefused
from audit.models import Checkpoint, Leaf
from audit.proofs import NoSuchEntry
from cdp.kernel import database

Condition = tuple[str, list[Any]]  # SQL, and what fills its places


@dataclass(frozen=True, slots=True)
class Line:
    """
    One entry as a reader sees it; `has_sealed_detail` says that there is more, sealed.

    Of an altered leaf (`is_readable` false), and of one whose detail was dropped by a rule
    (`is_dropped` as well), only the search columns are shown.
    """

    index: int
    at: datetime
    actor: Actor
    act: str
    purpose: str
    obj: str
    req: str
    role: str
    ref: str
    detail: str
    has_sealed_detail: bool
    is_readable: bool = True
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the log is signed."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


def state() -> LogState | None:
    """Return the newest checkpoint, None before the first entry."""
    row = Checkpoint.objects.order_by("-size").first()
    return LogState(row.size, bytes(row.root), row.note, row.at) if row else None


def about(subject: UUID, *, before: int | None = None, limit: int = 50) -> list[Line]:
    """Return the newest entries about one person of the current workspace."""
    with database.atomic():
        ref = _name(subject)
        return read([("e.ref = %s", [ref])], before=before, limit=limit)


def find(index: int) -> Line:
    """
    Return one entry.

    :raises NoSuchEntry: not in the log, or not for this reader
    """
    lines = read([("e.idx = %s", [index])], limit=1)
    if not lines:
        raise NoSuchEntry("The log has no such entry.")
    return lines[0]


def leaf_text(index: int) -> str:
    """
    Return an entry as the tree holds it; what a screen would hide or reorder is written out.

    :raises NoSuchEntry: not in the log, or not for this reader
    """
    found = Leaf.objects.filter(pk=index).values_list("leaf", flat=True).first()
    if found is None:
        raise NoSuchEntry("The log has no such entry.")
    text = bytes(found).decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def prove_about(subject: UUID, index: int) -> str:
    """
    Return the proof file of an entry about this person.

    :raises NoSuchEntry: not in the log, or about somebody else
    """
    with database.atomic():
        ref = _name(subject)
        if not read([("e.idx = %s", [index]), ("e.ref = %s", [ref])], limit=1):
            raise NoSuchEntry("The log has no such entry about you.")
        return proofs.prove(index)


def _name(subject: UUID) -> bytes:
    """Return a person's pseudonym and tell row-level security, until the transaction ends."""
    ref = pseudonym.of(subject)
    database.settle({"cdp.subject_ref": ref.hex()})
    return ref


def read(
    conditions: Iterable[Condition], *, before: int | None = None, limit: int = 50
) -> list[Line]:
    """
    Return the newest entries (`e`) that meet all conditions, below `before`.

    They are found first, each of them with its leaf afterwards: the leaves have policies of their
    own, and asking those for every match costs a hundred times as much.
    """
    every = [*conditions]
    if before is not None:
        every.append(("e.idx < %s", [before]))
    where, values = together(every)
    with database.cursor() as sql:
        sql.execute(
            f"""WITH found AS MATERIALIZED (
                    SELECT e.idx, e.at, e.actor, e.act, e.purpose, e.obj
                      FROM audit_entry e WHERE {where} ORDER BY e.idx DESC LIMIT %s)
                SELECT f.idx, l.leaf, f.at, f.actor, f.act, f.purpose, f.obj
                  FROM found f LEFT JOIN audit_leaf l USING (idx) ORDER BY f.idx DESC""",
            [*values, limit],
        )
        return [_line(*row) for row in sql.fetchall()]


def together(conditions: Collection[Condition]) -> Condition:
    """Return the condition that all of these are met."""
    text = " AND ".join(f"({each})" for each, _ in conditions) or "true"
    return text, [value for _, values in conditions for value in values]


def _line(
    index: int, raw: bytes | None, at: datetime, actor: str, act: str, purpose: str, obj: str
) -> Line:
    try:
        entry = leaf.decode(bytes(raw or b""))
    except LeafRefused:
        return Line(
            *(index, at, Actor.parse(actor), act, purpose, obj, "", "", "", "", False),
            is_readable=False,
            is_dropped=raw is None,
        )
    return Line(
        index=index,
        at=entry.recorded_at,
        actor=Actor.parse(entry.actor),
        act=entry.act,
        purpose=entry.purpose,
        obj=entry.obj,
        req=entry.req,
        role=entry.role,
        ref=entry.ref,
        detail=entry.detail,
        has_sealed_detail=bool(entry.sealed),
    )
