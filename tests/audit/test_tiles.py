"""Tiles: whatever the batches, the same bytes; roots and proofs from the right edge."""

from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle, tiles
from tests.audit import trees

LEAVES = [str(n).encode() for n in range(70_000)]


@settings(max_examples=25, deadline=None)
@given(batches=st.lists(st.integers(1, 400), max_size=6), size=st.integers(1, 1_200))
def test_the_batches_leave_no_trace_in_the_tiles(batches: list[int], size: int) -> None:
    leaves = LEAVES[:size]

    in_batches = trees.grown(leaves, batches=batches).changed()

    assert in_batches == trees.grown(leaves).changed()


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 1_200))
def test_the_root_from_tiles_is_the_root_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]

    assert merkle.root(size, trees.grown(leaves).node) == trees.slow_root(leaves)


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 70_000), index=st.integers(0, 69_999))
def test_proofs_in_a_large_tree_hold(size: int, index: int) -> None:
    index %= size
    root = merkle.root(size, LARGE.node)

    path = merkle.inclusion_path(index, size, LARGE.node)

    leaf = merkle.leaf_hash(LEAVES[index])
    assert merkle.includes(leaf, path, index=index, size=size, root=root)


@settings(max_examples=20, deadline=None)
@given(old=st.integers(1, 70_000), new=st.integers(1, 70_000))
def test_a_large_tree_is_consistent_with_its_earlier_self(old: int, new: int) -> None:
    old, new = min(old, new), max(old, new)

    path = merkle.consistency_path(old, new, LARGE.node)

    old_root, new_root = merkle.root(old, LARGE.node), merkle.root(new, LARGE.node)
    assert merkle.extends(path, old=old, old_root=old_root, new=new, new_root=new_root)


def test_the_right_edge_alone_gives_the_root_and_takes_the_next_leaf() -> None:
    size = 70_000
    stored = LARGE.changed()
    edge = tiles.right_edge(size)
    asked: list[tiles.Place] = []

    def load(place: tiles.Place) -> bytes:
        asked.append(place)
        return stored.get(place, b"")

    tree = tiles.Tiles(load)
    assert merkle.root(size, tree.node) == merkle.root(size, LARGE.node)
    tree.append(size, [merkle.leaf_hash(b"next")])

    assert set(asked) <= set(edge)
    assert set(tree.changed()) == {(0, size // 256)}


def test_widths_are_those_of_the_specification() -> None:
    widths = {place: tiles.width(70_000, place) for place in [(0, 272), (0, 273), (0, 274)]}

    assert widths == {(0, 272): 256, (0, 273): 112, (0, 274): 0}
    assert [tiles.width(70_000, (1, n)) for n in (0, 1, 2)] == [256, 17, 0]
    assert tiles.width(70_000, (2, 0)) == 1
    assert [tiles.width(256, place) for place in ((0, 0), (1, 0))] == [256, 1]


def test_paths_are_those_of_the_specification() -> None:
    assert tiles.resource((0, 0)) == "tile/0/000"
    assert tiles.resource((0, 1000)) == "tile/0/x001/000"
    assert tiles.resource((1, 1234067)) == "tile/1/x001/x234/067"
    assert tiles.resource((0, 273), partial=112) == "tile/0/273.p/112"


LARGE = trees.grown(LEAVES, batches=[10_000] * 7)
