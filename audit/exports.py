"""
Exports: a stretch of the log as one file that anyone can check alone.

The file holds the entries first..beyond in order, the hashes of the subtrees beside them, and the
checkpoint that signs the whole. An entry that the reader may not see, or whose detail was dropped,
is there as its hash, so the root still comes out. Grammar: `docs/reference/log-files.md`.
"""

import base64
from collections.abc import Iterator

from audit import merkle, shelf, tiles
from audit.models import Leaf
from cdp.kernel.errors import CdpError

FORMAT = "candor/audit-export@v1"
MEDIA_TYPE = "text/plain; charset=utf-8"
CHUNK = 16 * tiles.WIDTH


class NoSuchStretch(CdpError):
    """The log has no entries from there to there."""

    code = "no_such_stretch"


def file_name(first: int, beyond: int) -> str:
    """Return the name under which an export is handed out."""
    return f"audit-{first}-{beyond - 1}.log-export"


def bounds(first: int, beyond: int | None) -> tuple[int, int]:
    """
    Return the stretch of entries first..beyond, `beyond` the log's end where None.

    :raises NoSuchStretch: it is empty or reaches beyond the newest checkpoint
    """
    newest = shelf.newest_checkpoint()
    size = newest.size if newest else 0
    end = size if beyond is None else beyond
    if not 0 <= first < end <= size:
        raise NoSuchStretch(f"The log has entries from 0 up to, not with, {size}.", size=size)
    return first, end


def export(first: int, beyond: int) -> Iterator[str]:
    """
    Yield the file of the entries first..beyond in pieces; 4,096 entries are in memory at a time.

    The checkpoint is the newest that a witness signed and that reaches so far, else the newest.
    Row-level security decides which entries are readable for the role at hand.

    :raises NoSuchStretch: it is empty or reaches beyond the newest checkpoint
    """
    bounds(first, beyond)
    signed = shelf.checkpoint_over(beyond - 1)
    assert signed is not None  # else the stretch was refused
    held = tiles.asked_of(lambda node: merkle.range_path(first, beyond, signed.size, node))
    path = merkle.range_path(first, beyond, signed.size, shelf.tiles(held).node)
    yield f"{FORMAT}\nfrom {first}\nto {beyond}\n"
    yield "".join(f"beside {_encoded(step)}\n" for step in path)
    for start in range(first - first % CHUNK, beyond, CHUNK):
        yield "".join(_lines(max(start, first), min(start + CHUNK, beyond)))
    yield f"\n{signed.note}"


def _lines(start: int, end: int) -> Iterator[str]:
    rows = Leaf.objects.filter(idx__gte=start, idx__lt=end).values_list("idx", "leaf")
    readable = {index: bytes(raw) for index, raw in rows}
    hashes = shelf.tiles([(0, n) for n in range(start // tiles.WIDTH, -(-end // tiles.WIDTH))])
    for index in range(start, end):
        raw = readable.get(index)
        if raw is None:
            yield f"hash {_encoded(hashes.node(0, index))}\n"
        else:
            yield f"entry {_encoded(raw)}\n"


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
