"""
Compile a rule to Ibis expressions that answer it for everybody at once.

Truth is SQL's three-valued logic, which is the rule's own. Importing this takes a second (Ibis),
so `profiles.segments.matching` loads it by name.
"""

from collections.abc import Iterator
from typing import assert_never

from ibis.expr.types import BooleanValue, Table, Value

from profiles.segments.columns import name, own_values
from profiles.segments.ground import Ground
from profiles.segments.predicates import both, compare, either
from profiles.segments.tree import (
    All,
    AnyOf,
    BucketLeaf,
    EventLeaf,
    Leaf,
    Node,
    Not,
    ScoreLeaf,
    SegmentLeaf,
    TraitLeaf,
    leaves,
)


def truths(rule: Node, *, ground: Ground) -> Table:
    """
    Return every visible person as (subject_id, matches, t0, v0, t1, v1, …).

    `matches` is the rule's truth; t and v are each leaf's truth and the person's own value, in
    the order of `tree.leaves`.
    """
    numbered = dict(enumerate(leaf for _, leaf in leaves(rule)))
    own = own_values(numbered, ground=ground)
    told = {place: _truth(leaf, own, place, ground) for place, leaf in numbered.items()}
    columns: dict[str, Value] = {}
    for place in numbered:
        columns |= {f"t{place}": told[place], name(place): own[name(place)]}
    return own.select("subject_id", matches=_whole(rule, iter(told.values())), **columns)


def members(rule: Node, *, ground: Ground) -> Table:
    """Return the people for whom the rule is true, with the truths behind it, by id."""
    found = truths(rule, ground=ground)
    return found.filter(found.matches).drop("matches").order_by("subject_id")


def subjects(rule: Node, *, ground: Ground) -> Table:
    """Return the ids of the people for whom the rule is true."""
    found = truths(rule, ground=ground)
    return found.filter(found.matches).select("subject_id")


def tally(rule: Node, *, ground: Ground) -> Table:
    """Return one row: everybody, for how many true, for how many unknown, and so each leaf."""
    found = truths(rule, ground=ground)
    places = range(sum(1 for _ in leaves(rule)))
    sums = {
        "considered": found.count(),
        "match": found.count(where=found.matches),
        "unknown": found.count(where=found.matches.isnull()),
    }
    for place in places:
        sums[f"match{place}"] = found.count(where=found[f"t{place}"])
        sums[f"unknown{place}"] = found.count(where=found[f"t{place}"].isnull())
    return found.aggregate(**sums)


def _truth(leaf: Leaf, own: Table, place: int, ground: Ground) -> BooleanValue:
    value = own[name(place)]
    match leaf:
        case TraitLeaf(test=test) | EventLeaf(test=test) | ScoreLeaf(test=test):
            return compare(test, value, ground=ground)
        case SegmentLeaf(inside=inside):
            return value if inside else ~value
        case BucketLeaf(start=start, end=end):
            return (value >= start) & (value < end)
        case _:
            assert_never(leaf)


def _whole(node: Node, told: Iterator[BooleanValue]) -> BooleanValue:
    """Join the leaves' truths, which come in the order of reading, as the tree says."""
    match node:
        case All(parts=parts):
            return both([_whole(part, told) for part in parts])
        case AnyOf(parts=parts):
            return either([_whole(part, told) for part in parts])
        case Not(part=part):
            return ~_whole(part, told)
        case _:
            return next(told)
