"""The tree and its proofs against published roots, the RFC's own definitions and pymerkle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit import merkle
from tests.audit import trees

LEAVES = [f"leaf {n}".encode() for n in range(80)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size: int) -> None:
    tree = trees.grown(trees.EIGHT_LEAVES[:size])

    assert merkle.root(size, tree.node).hex() == trees.ROOTS_OF_EIGHT[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert merkle.root(0, trees.grown([]).node).hex() == expected


@settings(max_examples=60)
@given(size=st.integers(1, 80), data=st.data())
def test_every_inclusion_path_is_the_one_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    tree = trees.grown(leaves)

    path = merkle.inclusion_path(index, size, tree.node)

    assert path == trees.slow_inclusion(index, leaves)
    assert merkle.includes(
        merkle.leaf_hash(leaves[index]),
        path,
        index=index,
        size=size,
        root=trees.slow_root(leaves),
    )


@settings(max_examples=60)
@given(new=st.integers(1, 80), data=st.data())
def test_every_consistency_path_is_the_one_of_the_definition(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    leaves = LEAVES[:new]
    tree = trees.grown(leaves)

    path = merkle.consistency_path(old, new, tree.node)

    assert path == trees.slow_consistency(old, leaves)
    assert merkle.extends(
        path,
        old=old,
        old_root=trees.slow_root(leaves[:old]),
        new=new,
        new_root=trees.slow_root(leaves),
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 64, 77])
def test_another_implementation_has_the_same_roots(size: int) -> None:
    other = InmemoryTree(algorithm="sha256")
    for leaf in LEAVES[:size]:
        other.append_entry(leaf)

    ours = merkle.root(size, trees.grown(LEAVES[:size]).node)

    assert ours == other.get_root()


@settings(max_examples=150)
@given(size=st.integers(2, 80), data=st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    path = trees.slow_inclusion(index, leaves)
    leaf, claimed = merkle.leaf_hash(leaves[index]), index
    root = trees.slow_root(leaves)
    change = data.draw(st.sampled_from(["flip", "drop", "add", "swap leaf", "index", "root"]))
    at = data.draw(st.integers(0, len(path) - 1))
    changed = list(path)
    match change:
        case "flip":
            changed[at] = bytes([changed[at][0] ^ 1]) + changed[at][1:]
        case "drop":
            del changed[at]
        case "add":
            changed.insert(at, merkle.leaf_hash(b"one too many"))
        case "swap leaf":
            leaf = merkle.leaf_hash(b"never recorded")
        case "index":
            claimed = data.draw(st.integers(-1, size + 5).filter(lambda n: n != index))
        case "root":
            root = trees.slow_root([*leaves, b"more"])

    assert not merkle.includes(leaf, changed, index=claimed, size=size, root=root)


@settings(max_examples=150)
@given(new=st.integers(2, 80), data=st.data())
def test_a_rewritten_history_has_no_consistency_proof(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    rewritten = data.draw(st.integers(0, old - 1))
    old_root = trees.slow_root(LEAVES[:old])
    after = [b"rewritten" if n == rewritten else leaf for n, leaf in enumerate(LEAVES[:new])]

    path = trees.slow_consistency(old, after)

    new_root = trees.slow_root(after)
    assert not merkle.extends(path, old=old, old_root=old_root, new=new, new_root=new_root)


@settings(max_examples=100)
@given(new=st.integers(2, 80), data=st.data())
def test_a_changed_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    leaves = LEAVES[:new]
    path = trees.slow_consistency(old, leaves)
    at = data.draw(st.integers(0, len(path) - 1))
    change = data.draw(st.sampled_from(["flip", "drop", "add"]))
    match change:
        case "flip":
            path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
        case "drop":
            del path[at]
        case "add":
            path.append(merkle.leaf_hash(b"one too many"))

    old_root, new_root = trees.slow_root(leaves[:old]), trees.slow_root(leaves)
    assert not merkle.extends(path, old=old, old_root=old_root, new=new, new_root=new_root)


def test_consistency_of_equal_and_empty_trees_needs_no_steps() -> None:
    root = trees.slow_root(LEAVES)
    size = len(LEAVES)

    assert merkle.extends([], old=size, old_root=root, new=size, new_root=root)
    assert merkle.extends([], old=0, old_root=merkle.EMPTY_ROOT, new=size, new_root=root)
    assert not merkle.extends([root], old=size, old_root=root, new=size, new_root=root)
    assert not merkle.extends([], old=size, old_root=root, new=size, new_root=merkle.EMPTY_ROOT)
    assert not merkle.extends([], old=size + 1, old_root=root, new=size, new_root=root)


def test_paths_outside_the_tree_are_refused() -> None:
    node = trees.grown(LEAVES).node

    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_path(len(LEAVES), len(LEAVES), node)
    with pytest.raises(ValueError, match="smaller"):
        merkle.consistency_path(5, 4, node)
