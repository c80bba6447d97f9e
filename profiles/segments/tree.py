"""
What a segment rule is made of: groups, leaves and the comparisons that leaves make. Pure.

Every leaf is true, false or unknown (None). Unknown stays unknown under `Not`; `All` is false as
soon as one part is false, `AnyOf` is true as soon as one part is true. A person belongs to the
segment only where the whole rule is true. Source: intelligence reference, parts 5.1 and 5.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from profiles.traits.definitions import Kind

BUCKETS = 10_000

Operand = int | float | str | date | datetime
Value = Operand | tuple[int | float, ...] | tuple[str, ...] | None


class Op(StrEnum):
    """A comparison between a person's own value and the rule's."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"  # both ends belong to it
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"  # part of a text, or one of several items
    EXISTS = "exists"
    MISSING = "missing"
    WITHIN_LAST = "within_last"  # days before the moment of counting
    BEFORE = "before"
    AFTER = "after"  # at that moment or later


_KNOWING = frozenset({Op.EXISTS, Op.MISSING})
_NUMBER = frozenset({Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN, Op.IN, Op.NOT_IN})

OPS: dict[Kind, frozenset[Op]] = {
    Kind.NUMBER: _NUMBER | _KNOWING,
    Kind.TEXT: frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN, Op.CONTAINS}) | _KNOWING,
    Kind.ITEMS: frozenset({Op.CONTAINS}) | _KNOWING,
    Kind.MOMENT: frozenset({Op.WITHIN_LAST, Op.BEFORE, Op.AFTER}) | _KNOWING,
}
MEASURE_OPS = _NUMBER


class Measure(StrEnum):
    """What is worked out from the events that a leaf selects."""

    COUNT = "count"  # orders of "Order Completed", else events; 0 when there are none
    SUM = "sum"  # amount in minor units; 0 when there are none
    DISTINCT_DAYS = "distinct_days"  # calendar days in the workspace's zone; 0 when none
    LAST_DAYS_AGO = "last_days_ago"  # whole calendar days; unknown when there are none


class ScorePart(StrEnum):
    """Which half of a score a leaf looks at."""

    VALUE = "value"
    BAND = "band"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. `kind` None compares nothing but whether there is a value."""

    kind: Kind | None
    op: Op
    value: Value = None


@dataclass(frozen=True, slots=True)
class Window:
    """
    A half-open span of time that ends at the moment of counting at the latest.

    `last_days` counts back from that moment in spans of 86,400 seconds; dates begin at midnight
    in the workspace's zone. Without any of them: all time.
    """

    last_days: int | None = None
    start: date | datetime | None = None
    end: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class PropertyTest:
    """A comparison with a property of an event, or of a line of an order."""

    property: str
    test: Comparison


@dataclass(frozen=True, slots=True)
class TraitLeaf:
    """What is known about a person, worked out by us or stated by a source."""

    key: str
    computed: bool
    test: Comparison


@dataclass(frozen=True, slots=True)
class EventLeaf:
    """What a person did: a measure over the events of one name that pass every test."""

    event: str  # a name, or ANY
    where: tuple[PropertyTest, ...]
    window: Window
    measure: Measure
    test: Comparison


@dataclass(frozen=True, slots=True)
class ScoreLeaf:
    """A model's number or band; unknown when missing or expired."""

    model: str
    part: ScorePart
    test: Comparison


@dataclass(frozen=True, slots=True)
class SegmentLeaf:
    """Membership of another segment, as last refreshed."""

    segment: UUID
    inside: bool


@dataclass(frozen=True, slots=True)
class BucketLeaf:
    """A stable share of all people: their bucket, 0 to 9,999, lies in [start, end)."""

    salt: str
    start: int
    end: int


Leaf = TraitLeaf | EventLeaf | ScoreLeaf | SegmentLeaf | BucketLeaf


@dataclass(frozen=True, slots=True)
class All:
    """True where every part is true."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one part at least is true."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is false."""

    part: "Node"


Node = All | AnyOf | Not | Leaf

ANY = "any"


def leaves(node: Node, *, path: str = "where") -> Iterator[tuple[str, Leaf]]:
    """Yield each leaf with its path, such as `where.all.0.not`, in the order of reading."""
    match node:
        case All(parts=parts):
            for number, part in enumerate(parts):
                yield from leaves(part, path=f"{path}.all.{number}")
        case AnyOf(parts=parts):
            for number, part in enumerate(parts):
                yield from leaves(part, path=f"{path}.any.{number}")
        case Not(part=part):
            yield from leaves(part, path=f"{path}.not")
        case TraitLeaf() | EventLeaf() | ScoreLeaf() | SegmentLeaf() | BucketLeaf():
            yield path, node
        case _:
            assert_never(node)


def segments_in(node: Node) -> frozenset[UUID]:
    """Return the segments that a rule refers to."""
    return frozenset(leaf.segment for _, leaf in leaves(node) if isinstance(leaf, SegmentLeaf))
