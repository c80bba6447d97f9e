"""One pass over the log for a check: the tree is rebuilt and compared with what is stored."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from audit import (
    anchors,
    checkpoint,
    cosignature,
    forgetting,
    leaf,
    merkle,
    shelf,
    signing,
    stored,
    tiles,
)
from audit.checkpoint import NoteRefused, VerifierKey
from audit.forgetting import Tally
from audit.leaf import Leaf, LeafRefused
from audit.shelf import Signed
from audit.stored import Projection, Row
from audit.tiles import Tiles
from audit.verdict import Problem

# Two writers' rows may be stamped in another order than they are numbered, by less than this.
CLOCK_TOLERANCE = timedelta(seconds=1)


class Found(Exception):
    """Carries the first problem out of the walk."""

    def __init__(self, index: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(index, reason, text)


class Walk:
    """A pass over the entries from the tile of `since` up to `size`."""

    def __init__(self, size: int, keys: Sequence[VerifierKey], *, since: int = 0) -> None:
        self.size = size
        self.keys = keys
        self.checked = self.anchored = self.cosigned = self.dropped = self.backward = 0
        self._since = since
        self._start = since - since % tiles.WIDTH
        self._rebuilt = Tiles(_beginning(self._start))
        self._unread = stored.checkpoints(after=since - 1)
        self._next = next(self._unread, None)
        self._signed_to = since
        self._allowed = forgetting.told()
        self._tallies = [Tally(told) for told in self._allowed if told.first >= self._start]
        self._latest: tuple[int, Leaf] | None = None

    def entries(self, chunk: int, progress: Callable[[int, int], None]) -> None:
        """Rebuild the tree chunk by chunk and compare it with what is stored."""
        for start in range(self._start, self.size, chunk):
            end = min(start + chunk, self.size)
            hashes = self._leaves(start, end)
            self._rebuilt.append(start, hashes)
            self._tiles()
            self._checkpoints(end)
            full = [p for p in self._rebuilt.changed() if p[0] == 0 and p[1] < end // tiles.WIDTH]
            self._rebuilt.forget(full)
            progress(end, self.size)
        self._checkpoints(self.size)
        for tally in self._tallies:
            self._tallied(tally)

    def _leaves(self, start: int, end: int) -> list[bytes]:
        rows = stored.rows(start, end)
        places = [(0, n) for n in range(start // tiles.WIDTH, (end - 1) // tiles.WIDTH + 1)]
        held = shelf.read_tiles(places)
        return [self._entry(index, rows.get(index), held) for index in range(start, end)]

    def _entry(self, index: int, row: Row | None, held: dict[tiles.Place, bytes]) -> bytes:
        """Return the hash of one entry's leaf after comparing it with its tile and columns."""
        if row is None or row.columns is None:
            raise Found(index, "missing", f"Entry {index} is missing.")
        for tally in self._tallies:
            tally.add(index, row.columns)
        at = index % tiles.WIDTH * merkle.HASH_BYTES
        kept = held.get((0, index // tiles.WIDTH), b"")[at : at + merkle.HASH_BYTES]
        if row.raw is None:
            if len(kept) == merkle.HASH_BYTES and self._may_be_gone(index, row.columns):
                self.dropped += 1
                return kept
            raise Found(index, "missing", f"Entry {index} is missing.")
        hashed = merkle.leaf_hash(row.raw)
        if kept != hashed:
            raise Found(index, "altered", f"Entry {index} is not the one that was recorded.")
        try:
            entry = leaf.decode(row.raw)
        except LeafRefused:
            raise Found(index, "unreadable", f"Entry {index} is not in canonical form.") from None
        if stored.projection(entry) != row.columns:
            raise Found(
                index, "columns", f"The search columns of entry {index} differ from the entry."
            )
        self._time(entry)
        return hashed

    def _may_be_gone(self, index: int, columns: Projection) -> bool:
        """Return whether the log itself says that this entry's detail was dropped."""
        return any(told.names(index, columns) for told in self._allowed)

    def _time(self, entry: Leaf) -> None:
        """Count an entry that was written later than another and bears an earlier time."""
        number = int(entry.src)
        if self._latest is not None:
            latest, before = self._latest
            if number > latest and entry.recorded_at < before.recorded_at - CLOCK_TOLERANCE:
                self.backward += 1
        if self._latest is None or entry.at > self._latest[1].at:
            self._latest = (number, entry)

    def _tallied(self, tally: Tally) -> None:
        told = tally.told
        if told.beyond <= self.size and not tally.fits:
            raise Found(
                told.first,
                "columns",
                f"The search columns of an entry from {told.first} to {told.beyond - 1} are not "
                f"the ones that were there when its detail was dropped.",
            )

    def _tiles(self) -> None:
        """Compare the rebuilt tiles above the leaves; a stored one may since have grown."""
        upper = {p: d for p, d in self._rebuilt.changed().items() if p[0] > 0}
        held = shelf.read_tiles(list(upper)) if upper else {}
        for (level, n), data in upper.items():
            if not held.get((level, n), b"").startswith(data):
                first = n * tiles.WIDTH ** (level + 1)
                raise Found(
                    first,
                    "tile",
                    f"Tile {level}/{n}, over the entries from {first} on, does not fit them.",
                )

    def _checkpoints(self, end: int) -> None:
        """Check signature and root of every checkpoint of up to `end` entries."""
        while self._next is not None and self._next.size <= end:
            signed = self._next
            self._note(signed, "checkpoint")
            if self._root(signed.size) != signed.root:
                raise Found(
                    self._signed_to,
                    "root",
                    f"An entry from {self._signed_to} to {signed.size - 1} is not the one that "
                    f"was signed.",
                )
            self._signed_to = signed.size
            self.checked += 1
            self._next = next(self._unread, None)

    def _root(self, size: int) -> bytes:
        try:
            return merkle.root(size, self._rebuilt.node)
        except LookupError:  # a tile that the walk began with is too short
            return b""

    def _note(self, signed: Signed, what: str) -> None:
        index = max(signed.size - 1, -1)
        try:
            read = checkpoint.read(signed.note, self.keys)
        except NoteRefused as refusal:
            text = f"The {what} of {signed.size} entries is false: {refusal}"
            raise Found(index, "signature", text) from None
        if (read.size, read.root) != (signed.size, signed.root):
            text = f"The {what} of {signed.size} entries does not say what was signed."
            raise Found(index, "signature", text)

    def beyond(self) -> None:
        """Look for entries that no checkpoint covers; both commit together."""
        index = stored.first_beyond_the_checkpoints()
        if index is not None:
            raise Found(index, "unsigned", f"Entry {index} is under no checkpoint.")

    def anchors(self) -> None:
        """Compare the anchored checkpoints with the stored ones of their sizes."""
        later = (signed for signed in anchors.anchored() if signed.size >= self._since)
        for batch in stored.in_batches(later):
            roots = stored.roots([signed.size for signed in batch])
            for signed in batch:
                self._note(signed, "anchor")
                if roots.get(signed.size) != signed.root:
                    raise Found(
                        min(self.size, signed.size) - 1,
                        "anchor",
                        f"The log was anchored with {signed.size} entries; this one is another, "
                        f"or it was cut off.",
                    )
                self.anchored += 1

    def cosignatures(self) -> None:
        """Check what witnesses signed, as far as their keys are configured."""
        keys = {key.name: key for key in signing.witnesses()}
        for signed, witness, line in shelf.cosigned(after=self._since - 1):
            key = keys.get(witness)
            if key is None:
                continue
            text = checkpoint.text_of(signed.note)
            try:
                cosignature.read(line, key, text)
            except NoteRefused:
                raise Found(
                    signed.size - 1,
                    "cosignature",
                    f"{witness} did not sign the checkpoint of {signed.size} entries.",
                ) from None
            self.cosigned += 1


def _beginning(start: int) -> tiles.Load:
    """Return what loads the tiles of a tree of `start` leaves, which begins a tile."""
    edge = tiles.right_edge(start) if start else []
    held = shelf.read_tiles(edge) if edge else {}
    ready = {
        place: data[: tiles.width(start, place) * merkle.HASH_BYTES] for place, data in held.items()
    }
    return lambda place: ready.get(place, b"")
