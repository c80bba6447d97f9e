"""
Decide one rule for one person from plain facts, leaf by leaf. Pure.

The compiler (`profiles.segments.compile`) answers the same for everybody at once; oracle tests
hold the two together. Source: intelligence reference, parts 0, 5.1 and 5.2.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from profiles.events.passive import PASSIVE_EVENTS
from profiles.segments.compare import Own, holds
from profiles.segments.facts import EventFact, Line, PersonFacts, TraitFact
from profiles.segments.ground import Ground
from profiles.segments.tree import (
    ANY,
    BUCKETS,
    All,
    AnyOf,
    BucketLeaf,
    EventLeaf,
    Leaf,
    Measure,
    Node,
    Not,
    ScoreLeaf,
    ScorePart,
    SegmentLeaf,
    TraitLeaf,
)
from profiles.traits.definitions import ACTIVE_KINDS, ORDER_COMPLETED, Kind


@dataclass(frozen=True, slots=True)
class LeafTruth:
    """What one leaf came to: true, false or unknown, and the person's own value."""

    path: str
    leaf: Leaf
    truth: bool | None
    value: Own


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the whole rule came to; only true makes a member."""

    truth: bool | None
    leaves: tuple[LeafTruth, ...]


def evaluate(node: Node, person: PersonFacts, *, ground: Ground) -> Verdict:
    """Return what the rule says about one person, with the truth of each leaf."""
    found: list[LeafTruth] = []
    truth = _decide(node, person, ground, "where", found)
    return Verdict(truth, tuple(found))


def bucket(salt: str, subject: UUID) -> int:
    """Return a person's stable bucket, 0 to 9,999, for one salt."""
    digest = hashlib.md5(f"{salt}:{subject}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:7], 16) % BUCKETS


def _decide(
    node: Node, person: PersonFacts, ground: Ground, path: str, found: list[LeafTruth]
) -> bool | None:
    match node:
        case All(parts=parts):
            truths = [
                _decide(part, person, ground, f"{path}.all.{place}", found)
                for place, part in enumerate(parts)
            ]
            return False if False in truths else None if None in truths else True
        case AnyOf(parts=parts):
            truths = [
                _decide(part, person, ground, f"{path}.any.{place}", found)
                for place, part in enumerate(parts)
            ]
            return True if True in truths else None if None in truths else False
        case Not(part=part):
            truth = _decide(part, person, ground, f"{path}.not", found)
            return None if truth is None else not truth
        case _:
            truth, own = _leaf(node, person, ground)
            found.append(LeafTruth(path, node, truth, own))
            return truth


def _leaf(leaf: Leaf, person: PersonFacts, ground: Ground) -> tuple[bool | None, Own]:
    match leaf:
        case TraitLeaf(test=test):
            own = _trait(leaf, person)
            return holds(test, own, ground=ground), own
        case EventLeaf(test=test):
            own = _measure(leaf, person, ground)
            return holds(test, own, ground=ground), own
        case ScoreLeaf(test=test):
            own = _score(leaf, person, ground)
            return holds(test, own, ground=ground), own
        case SegmentLeaf(segment=segment, inside=inside):
            is_member = segment in person.segments
            return is_member == inside, is_member
        case BucketLeaf(salt=salt, start=start, end=end):
            number = bucket(salt, person.subject)
            return start <= number < end, number
        case _:
            assert_never(leaf)


def _trait(leaf: TraitLeaf, person: PersonFacts) -> Own:
    stored = person.computed if leaf.computed else person.declared
    fact = stored.get(leaf.key, TraitFact())
    match leaf.test.kind:
        case Kind.NUMBER:
            return fact.number
        case Kind.TEXT:
            return fact.text
        case Kind.ITEMS:
            return fact.items
        case Kind.MOMENT:
            return fact.at
        case _:
            raise ValueError(f"The trait {leaf.key} is of no kind.")


def _score(leaf: ScoreLeaf, person: PersonFacts, ground: Ground) -> Own:
    score = person.scores.get(leaf.model)
    if score is None or score.expires_at <= ground.as_of:
        return None
    return score.value if leaf.part is ScorePart.VALUE else score.band


def _measure(leaf: EventLeaf, person: PersonFacts, ground: Ground) -> Own:
    if leaf.event != ORDER_COMPLETED:
        events = [event for event in person.events if _happened(leaf, event, ground)]
        return _result(leaf.measure, len(events), events, ground)
    lines = [line for line in person.purchases if _bought(leaf, line, ground)]
    return _result(leaf.measure, len({line.order_key for line in lines}), lines, ground)


def _result(
    measure: Measure, count: int, facts: Iterable[Line | EventFact], ground: Ground
) -> int | None:
    days = {ground.day(fact.happened_at) for fact in facts}
    match measure:
        case Measure.COUNT:
            return count
        case Measure.DISTINCT_DAYS:
            return len(days)
        case Measure.LAST_DAYS_AGO:
            return (ground.day(ground.as_of) - max(days)).days if days else None
        case Measure.SUM:
            return sum(fact.amount_minor or 0 for fact in facts if ground.adds_up(fact.currency))
        case _:
            assert_never(measure)


def _is_within(leaf: EventLeaf, at: datetime, ground: Ground) -> bool:
    start, end = ground.span(leaf.window)
    return at < end and (start is None or at >= start)


def _bought(leaf: EventLeaf, line: Line, ground: Ground) -> bool:
    return _is_within(leaf, line.happened_at, ground) and all(
        holds(test.test, _line_property(line, test.property), ground=ground) is True
        for test in leaf.where
    )


def _line_property(line: Line, name: str) -> Own:
    value: str | float = getattr(line, name)
    return None if value == "" else value  # a blank is no value


def _happened(leaf: EventLeaf, event: EventFact, ground: Ground) -> bool:
    if leaf.event == ANY:
        named = event.kind in ACTIVE_KINDS and event.name not in PASSIVE_EVENTS
    else:
        named = event.name == leaf.event
    return (
        named
        and _is_within(leaf, event.happened_at, ground)
        and all(
            holds(test.test, _property(event, test.property, test.test.kind), ground=ground) is True
            for test in leaf.where
        )
    )


def _property(event: EventFact, name: str, kind: Kind | None) -> Own:
    """Return a property if it is of the kind asked for: numbers never compare as text."""
    value = event.properties.get(name)
    match value:
        case None:
            return None
        case str():
            return value if kind in (Kind.TEXT, None) else None
        case int() | float() if not isinstance(value, bool):
            return value if kind in (Kind.NUMBER, None) else None
        case _:
            return True if kind is None else None
