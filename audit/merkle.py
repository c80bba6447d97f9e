"""
The Merkle tree: hashes, roots, inclusion and consistency proofs. Pure.

A tree is read through `Node`, a function that returns the hash of the complete subtree of 2^level
leaves with a given number; whoever stores the tree supplies it. Sizes count leaves.
Source: RFC 6962 section 2.1 (tree and proofs), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (checks).
"""

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighboring subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def root(size: int, node: Node) -> bytes:
    """Return the root of the first `size` leaves; at most 64 calls of `node`."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """
    Return the hashes that lead from leaf `index` to the root of `size` leaves, sibling first.

    :raises ValueError: there is no such leaf
    """
    if not 0 <= index < size:
        raise ValueError("The index lies outside the tree.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, node: Node) -> list[bytes]:
    """
    Return the hashes which show that the tree of `new` leaves only adds to that of `old`.

    :raises ValueError: `old` is larger than `new`
    """
    if not 0 <= old <= new:
        raise ValueError("The older tree is not the smaller one.")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, end, node))
    return path[::-1]


def range_path(first: int, beyond: int, size: int, node: Node) -> list[bytes]:
    """
    Return the hashes of the subtrees outside first..beyond, left to right, under `size` leaves.

    :raises ValueError: there is no such range
    """
    if not 0 <= first < beyond <= size:
        raise ValueError("The range lies outside the tree.")
    path: list[bytes] = []

    def cover(start: int, end: int) -> None:
        if end <= first or start >= beyond:
            path.append(_range_root(start, end, node))
        elif not (first <= start and end <= beyond):
            middle = start + _split(end - start)
            cover(start, middle)
            cover(middle, end)

    cover(0, size)
    return path


def includes(leaf: bytes, path: Sequence[bytes], *, index: int, size: int, root: bytes) -> bool:
    """Return whether `path` proves that the leaf with hash `leaf` is number `index` of `root`."""
    if not 0 <= index < size:
        return False
    position, last, reached = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            reached = node_hash(step, reached)
            position, last = _climb(position, last)
        else:
            reached = node_hash(reached, step)
        position, last = position >> 1, last >> 1
    return last == 0 and reached == root


def extends(path: Sequence[bytes], *, old: int, old_root: bytes, new: int, new_root: bytes) -> bool:
    """Return whether `path` proves that the tree `new_root` only adds leaves to `old_root`."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            position, last = _climb(position, last)
        else:
            newer = node_hash(newer, step)
        position, last = position >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(count: int) -> int:
    """Return the largest power of two below `count` (at least 2)."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(start: int, end: int, node: Node) -> bytes:
    """Return the root over leaves start..end; a range of a split begins at a multiple of it."""
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(node(level, start >> level))
        start += 1 << level
    reached = parts.pop()
    while parts:
        reached = node_hash(parts.pop(), reached)
    return reached


def _climb(position: int, last: int) -> tuple[int, int]:
    """Return both counters shifted until the position is a right child or the leftmost."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last
