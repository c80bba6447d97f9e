"""Trees for tests: the published leaves and roots, and a tree made the slow, obvious way."""

import hashlib
from collections.abc import Sequence

from audit import merkle, tiles

# The public set of eight leaves that RFC 6962 logs are checked against.
EIGHT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS_OF_EIGHT = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root by the definition of RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def slow_inclusion(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) by the definition of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*slow_inclusion(m, leaves[:k]), slow_root(leaves[k:])]
    return [*slow_inclusion(m - k, leaves[k:]), slow_root(leaves[:k])]


def slow_consistency(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b) by the definition of RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [slow_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*slow_consistency(m, leaves[:k], whole), slow_root(leaves[k:])]
    return [*slow_consistency(m - k, leaves[k:], False), slow_root(leaves[:k])]


def empty(_: tiles.Place) -> bytes:
    """Load a tile of a tree that has none."""
    return b""


def grown(leaves: Sequence[bytes], *, batches: Sequence[int] = ()) -> tiles.Tiles:
    """Return the tiles of a tree to which the leaves were appended in batches of these sizes."""
    tree, size = tiles.Tiles(empty), 0
    for count in (*batches, len(leaves)):
        batch = leaves[size : size + count]
        tree.append(size, [merkle.leaf_hash(leaf) for leaf in batch])
        size += len(batch)
    return tree
