"""
Checking the whole log: every entry, tile, signature and anchor, from the leaves up.

The tree is built again beside the stored one, in memory that does not grow with the log. The first
thing that does not fit ends the check and is named. About 40 µs of CPU an entry.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from audit import anchors, checkpoint, leaf, merkle, shelf, signing, tiles
from audit.checkpoint import NoteRefused, VerifierKey
from audit.leaf import LeafRefused
from audit.shelf import Signed
from audit.tiles import Tiles
from cdp.kernel import clock, database

CHUNK = 40 * tiles.WIDTH  # whole tiles, so that each chunk begins a tile
_CHECKPOINTS = 1_000

Progress = Callable[[int, int], None]

Projection = tuple[int, Any, datetime, str, str, str, str, bytes | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing found wrong: where (an entry's index, -1 for the log as a whole) and what."""

    index: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What a check of the log came to; `problem` is None when all of it holds.

    `waiting` entries are in the inbox, the oldest for `oldest_waiting`.
    """

    size: int
    root: str
    checkpoints: int
    anchors: int
    waiting: int
    oldest_waiting: timedelta
    problem: Problem | None


class _Found(Exception):
    """Carries the first problem out of the walk."""

    def __init__(self, index: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(index, reason, text)


@dataclass(frozen=True, slots=True)
class _Row:
    """An entry as stored: search columns and leaf, either of which may be missing."""

    columns: Projection | None
    raw: bytes | None


def unheard(_done: int, _total: int) -> None:
    """Take note of no progress."""


def verify(*, chunk: int = CHUNK, progress: Progress = unheard) -> Verdict:
    """
    Check the log up to its newest checkpoint and return what was found.

    `chunk` entries, a multiple of 256, are held in memory at a time; after each, `progress` is
    told how many are done, of how many.

    :raises KeyMissing: the keyring has no key that signed the log
    """
    newest = shelf.newest_checkpoint()
    size = newest.size if newest else 0
    walk = _Walk(size, signing.verifiers())
    problem = None
    try:
        walk.entries(chunk, progress)
        walk.beyond()
        walk.anchors()
    except _Found as found:
        problem = found.problem
    waiting, oldest = _waiting()
    return Verdict(
        size=size,
        root=newest.root.hex() if newest else merkle.EMPTY_ROOT.hex(),
        checkpoints=walk.checked,
        anchors=walk.anchored,
        waiting=waiting,
        oldest_waiting=clock.now() - oldest if oldest else timedelta(),
        problem=problem,
    )


class _Walk:
    """One pass over the log of `size` entries."""

    def __init__(self, size: int, keys: Sequence[VerifierKey]) -> None:
        self.size = size
        self.keys = keys
        self.checked = 0
        self.anchored = 0
        self._rebuilt = Tiles(_nothing)
        self._unread = _stored_checkpoints()
        self._next = next(self._unread, None)
        self._signed_to = 0

    def entries(self, chunk: int, progress: Progress) -> None:
        """Rebuild the tree chunk by chunk and compare it with what is stored."""
        for start in range(0, self.size, chunk):
            end = min(start + chunk, self.size)
            hashes = self._leaves(start, end)
            self._rebuilt.append(start, hashes)
            self._tiles()
            self._checkpoints(end)
            full = [p for p in self._rebuilt.changed() if p[0] == 0 and p[1] < end // tiles.WIDTH]
            self._rebuilt.forget(full)
            progress(end, self.size)

    def _leaves(self, start: int, end: int) -> list[bytes]:
        rows = _rows(start, end)
        places = [(0, n) for n in range(start // tiles.WIDTH, (end - 1) // tiles.WIDTH + 1)]
        stored = shelf.read_tiles(places)
        return [self._entry(index, rows.get(index), stored) for index in range(start, end)]

    def _entry(self, index: int, row: _Row | None, stored: dict[tiles.Place, bytes]) -> bytes:
        """Return the hash of one entry's leaf after comparing it with its tile and columns."""
        if row is None or row.raw is None or row.columns is None:
            raise _Found(index, "missing", f"Entry {index} is missing.")
        hashed = merkle.leaf_hash(row.raw)
        at = index % tiles.WIDTH * merkle.HASH_BYTES
        tile = stored.get((0, index // tiles.WIDTH), b"")
        if tile[at : at + merkle.HASH_BYTES] != hashed:
            raise _Found(index, "altered", f"Entry {index} is not the one that was recorded.")
        try:
            entry = leaf.decode(row.raw)
        except LeafRefused:
            raise _Found(index, "unreadable", f"Entry {index} is not in canonical form.") from None
        if _projection(entry) != row.columns:
            raise _Found(
                index, "columns", f"The search columns of entry {index} differ from the entry."
            )
        return hashed

    def _tiles(self) -> None:
        """Compare the rebuilt tiles above the leaves; a stored one may since have grown."""
        upper = {p: d for p, d in self._rebuilt.changed().items() if p[0] > 0}
        stored = shelf.read_tiles(list(upper)) if upper else {}
        for (level, n), data in upper.items():
            if not stored.get((level, n), b"").startswith(data):
                first = n * tiles.WIDTH ** (level + 1)
                raise _Found(
                    first,
                    "tile",
                    f"Tile {level}/{n}, over the entries from {first} on, does not fit them.",
                )

    def _checkpoints(self, end: int) -> None:
        """Check signature and root of every checkpoint of up to `end` entries."""
        while self._next is not None and self._next.size <= end:
            signed = self._next
            self._note(signed, "checkpoint")
            if merkle.root(signed.size, self._rebuilt.node) != signed.root:
                raise _Found(
                    self._signed_to,
                    "root",
                    f"An entry from {self._signed_to} to {signed.size - 1} is not the one that "
                    f"was signed.",
                )
            self._signed_to = signed.size
            self.checked += 1
            self._next = next(self._unread, None)

    def _note(self, signed: Signed, what: str) -> None:
        index = max(signed.size - 1, -1)
        try:
            read = checkpoint.read(signed.note, self.keys)
        except NoteRefused as refusal:
            text = f"The {what} of {signed.size} entries is false: {refusal}"
            raise _Found(index, "signature", text) from None
        if (read.size, read.root) != (signed.size, signed.root):
            text = f"The {what} of {signed.size} entries does not say what was signed."
            raise _Found(index, "signature", text)

    def beyond(self) -> None:
        """Look for entries that no checkpoint covers; both commit together."""
        with database.cursor() as sql:
            sql.execute(
                """SELECT min(idx) FROM (
                       SELECT idx FROM audit_entry UNION ALL SELECT idx FROM audit_leaf) e
                   WHERE idx < 0
                      OR idx >= coalesce((SELECT max(size) FROM audit_checkpoint), 0)"""
            )
            row = sql.fetchone()
        if row and row[0] is not None:
            raise _Found(row[0], "unsigned", f"Entry {row[0]} is under no checkpoint.")

    def anchors(self) -> None:
        """Compare every anchored checkpoint with the stored one of its size."""
        for batch in _batches(anchors.anchored()):
            stored = _roots([signed.size for signed in batch])
            for signed in batch:
                self._note(signed, "anchor")
                if stored.get(signed.size) != signed.root:
                    raise _Found(
                        min(self.size, signed.size) - 1,
                        "anchor",
                        f"The log was anchored with {signed.size} entries; this one is another, "
                        f"or it was cut off.",
                    )
                self.anchored += 1


def _nothing(_: tiles.Place) -> bytes:
    """Load a tile of a tree that begins empty."""
    return b""


def _projection(entry: leaf.Leaf) -> Projection:
    """Return the search columns that belong to an entry."""
    return (
        int(entry.src),
        entry.workspace,
        entry.recorded_at,
        entry.act,
        entry.actor,
        entry.purpose,
        entry.obj,
        bytes.fromhex(entry.ref) if entry.ref else None,
    )


def _rows(start: int, end: int) -> dict[int, _Row]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT idx, e.idx IS NOT NULL, e.inbox_id, e.workspace_id, e.at, e.act, e.actor,
                      e.purpose, e.obj, e.ref, l.leaf
               FROM (SELECT * FROM audit_entry WHERE idx >= %s AND idx < %s) e
               FULL JOIN (SELECT * FROM audit_leaf WHERE idx >= %s AND idx < %s) l USING (idx)""",
            [start, end, start, end],
        )
        return {
            index: _Row(
                (*columns, bytes(ref) if ref is not None else None) if present else None,
                bytes(raw) if raw is not None else None,
            )
            for index, present, *columns, ref, raw in sql.fetchall()
        }


def _stored_checkpoints() -> Iterator[Signed]:
    after = -1
    while batch := shelf.checkpoints(after=after, limit=_CHECKPOINTS):
        yield from batch
        after = batch[-1].size


def _batches(found: Iterator[Signed]) -> Iterator[list[Signed]]:
    batch: list[Signed] = []
    for signed in found:
        batch.append(signed)
        if len(batch) == _CHECKPOINTS:
            yield batch
            batch = []
    yield batch


def _roots(sizes: Sequence[int]) -> dict[int, bytes]:
    with database.cursor() as sql:
        sql.execute("SELECT size, root FROM audit_checkpoint WHERE size = ANY(%s)", [list(sizes)])
        return {size: bytes(root) for size, root in sql.fetchall()}


def _waiting() -> tuple[int, datetime | None]:
    with database.cursor() as sql:
        sql.execute("SELECT count(*), min(at) FROM audit_inbox")
        row = sql.fetchone()
    return row or (0, None)
