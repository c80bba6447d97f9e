"""
Checking the log: every entry, tile, signature and anchor, from the leaves up.

The tree is built again beside the stored one, in memory that does not grow with the log. The first
thing that does not fit ends the check and is named. About 40 µs of CPU an entry.
"""

from collections.abc import Callable
from datetime import timedelta

from audit import forgetting, merkle, shelf, signing, stored, tiles
from audit.verdict import Problem, Verdict
from audit.walk import Found, Walk
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

__all__ = ["CHUNK", "Problem", "Progress", "Verdict", "unheard", "verify"]

CHUNK = 40 * tiles.WIDTH  # whole tiles, so that each chunk begins a tile
Progress = Callable[[int, int], None]


class NoSuchCheckpoint(CdpError):
    """The log never signed a checkpoint of that size."""

    code = "no_such_checkpoint"


def unheard(_done: int, _total: int) -> None:
    """Take note of no progress."""


def verify(*, since: int = 0, chunk: int = CHUNK, progress: Progress = unheard) -> Verdict:
    """
    Check the log up to its newest checkpoint and return what was found.

    With `since`, the size of an earlier checkpoint, only what came later is read: that it adds to
    that checkpoint, and each entry of it. `chunk` entries, a multiple of 256, are held in memory
    at a time; after each, `progress` is told how many are done, of how many.

    :raises NoSuchCheckpoint: there is no checkpoint of `since` entries
    :raises KeyMissing: the keyring has no key that signed the log
    """
    newest = shelf.newest_checkpoint()
    size = newest.size if newest else 0
    if since and since not in stored.roots([since]):
        raise NoSuchCheckpoint(
            f"The log has no checkpoint of {since} entries. Take a size from its checkpoints.",
            size=since,
        )
    problem = None
    with forgetting.held_off():
        walk = Walk(size, signing.verifiers(), since=since)
        try:
            walk.entries(chunk, progress)
            walk.beyond()
            walk.anchors()
            walk.cosignatures()
        except Found as found:
            problem = found.problem
    waiting, oldest = stored.waiting()
    return Verdict(
        size=size,
        root=newest.root.hex() if newest else merkle.EMPTY_ROOT.hex(),
        checkpoints=walk.checked,
        anchors=walk.anchored,
        waiting=waiting,
        oldest_waiting=clock.now() - oldest if oldest else timedelta(),
        problem=problem,
        since=since,
        dropped=walk.dropped,
        backward=walk.backward,
        cosignatures=walk.cosigned,
    )
