"""
The tree in tiles of 256 hashes: appending, and the hash of any complete subtree. Pure.

Tile (level, n) holds the hashes of the complete subtrees of 256^level leaves with numbers
256n … 256n+255; level 0 holds leaf hashes. A tile grows at its right edge only, so a narrower one
is a prefix of a wider one, and the tiles at the right edge alone give the root.
Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from audit.merkle import HASH_BYTES, Node, complete_root, node_hash

Place = tuple[int, int]
Load = Callable[[Place], bytes]

WIDTH_BITS = 8
WIDTH = 1 << WIDTH_BITS
FULL_BYTES = WIDTH * HASH_BYTES
_RESOURCE = re.compile(
    r"tile/(?P<level>[0-7])/(?P<n>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<partial>[0-9]{1,3}))?"
)


class Tiles:
    """Tiles read through `load` (b"" for one that does not exist) and kept once read."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._held: dict[Place, bytes] = {}
        self._changed: set[Place] = set()

    def get(self, place: Place) -> bytes:
        """Return a tile's bytes, b"" if it has none yet."""
        if place not in self._held:
            self._held[place] = self._load(place)
        return self._held[place]

    def append(self, size: int, hashes: Sequence[bytes]) -> None:
        """Add leaf hashes to a tree of `size` leaves; full tiles are hashed upward."""
        level, start, row = 0, size, list(hashes)
        while row:
            full: list[tuple[int, bytes]] = []
            for n, piece in _spread(start, row):
                data = self.get((level, n)) + b"".join(piece)
                self._held[level, n] = data
                self._changed.add((level, n))
                if len(data) == FULL_BYTES:
                    full.append((n, complete_root(split(data))))
            if not full:
                return
            level, start, row = level + 1, full[0][0], [hashed for _, hashed in full]

    def changed(self) -> Mapping[Place, bytes]:
        """Return the tiles that `append` wrote."""
        return {place: self._held[place] for place in sorted(self._changed)}

    def forget(self, places: Sequence[Place]) -> None:
        """Drop tiles from memory; they are loaded again when asked for."""
        for place in places:
            self._held.pop(place, None)
            self._changed.discard(place)

    def node(self, level: int, number: int) -> bytes:
        """
        Return the hash of the complete subtree of 2^`level` leaves with this number.

        :raises LookupError: the tiles do not reach that far
        """
        tile_level, rest = divmod(level, WIDTH_BITS)
        first = number << rest
        data = self.get((tile_level, first >> WIDTH_BITS))
        at = first % WIDTH * HASH_BYTES
        piece = data[at : at + (HASH_BYTES << rest)]
        if len(piece) == HASH_BYTES << rest:
            return complete_root(split(piece))
        if rest == 0:
            raise LookupError(f"tile {tile_level}/{first >> WIDTH_BITS} is too short")
        return node_hash(self.node(level - 1, 2 * number), self.node(level - 1, 2 * number + 1))


def split(data: bytes) -> list[bytes]:
    """Return a tile's hashes."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def width(size: int, place: Place) -> int:
    """Return how many hashes a tile holds in a tree of `size` leaves, 0..256."""
    level, n = place
    return max(0, min(WIDTH, (size >> WIDTH_BITS * level) - WIDTH * n))


def right_edge(size: int) -> list[Place]:
    """Return the tiles that the next leaf may touch, level 0 first."""
    edge: list[Place] = []
    level = 0
    while level == 0 or size >> WIDTH_BITS * level:
        edge.append((level, size >> WIDTH_BITS * (level + 1)))
        level += 1
    return edge


def asked_of(walk: Callable[[Node], object]) -> list[Place]:
    """Return the tiles that `walk` asks for, such as a proof; it is run over a tree of zeros."""
    places: dict[Place, None] = {}

    def node(level: int, number: int) -> bytes:
        tile_level, rest = divmod(level, WIDTH_BITS)
        places[tile_level, number << rest >> WIDTH_BITS] = None
        return bytes(HASH_BYTES)

    walk(node)
    return list(places)


def resource(place: Place, *, partial: int = 0) -> str:
    """Return a tile's path under the log's address, such as `tile/0/x001/234.p/12`."""
    level, n = place
    groups = [f"{n % 1000:03}"]
    while n := n // 1000:
        groups.append(f"x{n % 1000:03}")
    path = f"tile/{level}/" + "/".join(reversed(groups))
    return f"{path}.p/{partial}" if partial else path


def parse_resource(path: str) -> tuple[Place, int] | None:
    """
    Return the tile that `path` names and how many of its hashes are wanted; None if it names none.

    A path is good in its one form only; `tile/entries/…` is none of them.
    """
    match = _RESOURCE.fullmatch(path)
    if match is None:
        return None
    level, partial = int(match["level"]), int(match["partial"] or 0)
    place = (level, int(match["n"].replace("x", "").replace("/", "")))
    return (place, partial or WIDTH) if resource(place, partial=partial) == path else None


def _spread(start: int, row: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Yield the hashes from position `start` on, cut at the borders of tiles."""
    done = 0
    while done < len(row):
        n, offset = divmod(start + done, WIDTH)
        piece = row[done : done + WIDTH - offset]
        yield n, piece
        done += len(piece)
