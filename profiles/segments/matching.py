"""
Ask a rule of everybody in the open window, through the engine.

The compiler and the engine are loaded by name on first use: they bring Ibis along, which takes a
second, and a web process that never counts never pays for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cdp.kernel.windows import required
from profiles.segments.compare import Own
from profiles.segments.ground import Ground
from profiles.segments.tree import Node, leaves
from profiles.traits.place import here

if TYPE_CHECKING:
    from cdp.engine.base import Engine

PURPOSE = "profiling.segmentation"
COMPILER = "profiles.segments.compile"
ENGINE = ("cdp.engine.postgres", "PostgresEngine")


@dataclass(frozen=True, slots=True)
class LeafCount:
    """For how many people one leaf is true, and for how many unknown."""

    path: str
    match: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Count:
    """Of the people considered, for how many a rule is true and for how many unknown."""

    considered: int
    match: int
    unknown: int
    leaves: tuple[LeafCount, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One person for whom a rule is true, with each leaf's truth and own value."""

    subject: UUID
    truths: tuple[bool | None, ...]
    values: tuple[Own, ...]


def ground(as_of: datetime) -> Ground:
    """Return what a count in the current workspace stands on."""
    place = here()
    return Ground(as_of, place.zone, place.currency)


def matches(rule: Node, *, on: Ground) -> list[Match]:
    """
    Return who matches, ordered by id; about 0.3 kB a person.

    :raises PurposeRequired: no window is open
    """
    return [
        Match(subject, tuple(told[0::2]), tuple(_own(value) for value in told[1::2]))
        for subject, *told in _rows("members", rule, on)
    ]


def subjects(rule: Node, *, on: Ground) -> list[UUID]:
    """
    Return the ids of those who match.

    :raises PurposeRequired: no window is open
    """
    return [subject for (subject,) in _rows("subjects", rule, on)]


def tally(rule: Node, *, on: Ground) -> Count:
    """
    Count a rule and each of its leaves.

    :raises PurposeRequired: no window is open
    """
    considered, match, unknown, *by_leaf = _rows("tally", rule, on)[0]
    counts = zip(leaves(rule), by_leaf[0::2], by_leaf[1::2], strict=True)
    return Count(
        considered,
        match,
        unknown,
        tuple(LeafCount(path, true, unsure) for (path, _), true, unsure in counts),
    )


def _rows(question: str, rule: Node, on: Ground) -> Sequence[tuple[Any, ...]]:
    required()
    expression = getattr(import_module(COMPILER), question)(rule, ground=on)
    module, name = ENGINE
    engine: Engine = getattr(import_module(module), name)()
    return engine.rows(expression)


def _own(value: Any) -> Own:
    return tuple(value) if isinstance(value, list) else value
