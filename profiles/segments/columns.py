"""
One column per leaf: each person's own value, read table by table.

All leaves over one table become one aggregate per person, so a rule reads each table once however
many conditions it has. A column is named for its leaf's place: v0, v1, …
"""

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import BooleanValue, Table, Value

from cdp.engine import dialect, tables
from profiles.events.passive import PASSIVE_EVENTS
from profiles.segments.ground import Ground
from profiles.segments.predicates import both, compare, either
from profiles.segments.tree import (
    ANY,
    BUCKETS,
    BucketLeaf,
    EventLeaf,
    Leaf,
    Measure,
    ScoreLeaf,
    ScorePart,
    SegmentLeaf,
    TraitLeaf,
)
from profiles.traits.definitions import ACTIVE_KINDS, ORDER_COMPLETED, Kind

Numbered = Mapping[int, Leaf]
BUCKET_DIGITS = 7


def own_values(leaves: Numbered, *, ground: Ground) -> Table:
    """Return every visible person with one column per leaf: their own value, or none."""
    people = tables.PROFILE.select("subject_id")
    found = people
    for part in _parts(leaves, ground):
        found = found.left_join(part, found.subject_id == part.person).drop("person")
    return found.select(
        "subject_id",
        **{name(place): _settled(leaf, found, place) for place, leaf in leaves.items()},
    )


def name(place: int) -> str:
    """Return the column of the leaf at `place`."""
    return f"v{place}"


def _parts(leaves: Numbered, ground: Ground) -> Iterable[Table]:
    traits = {n: leaf for n, leaf in leaves.items() if isinstance(leaf, TraitLeaf)}
    if computed := {n: leaf for n, leaf in traits.items() if leaf.computed}:
        yield _traits(computed, tables.COMPUTED_TRAIT)
    if declared := {n: leaf for n, leaf in traits.items() if not leaf.computed}:
        yield _traits(declared, tables.DECLARED_TRAIT)
    if scores := {n: leaf for n, leaf in leaves.items() if isinstance(leaf, ScoreLeaf)}:
        yield _scores(scores, ground)
    if segments := {n: leaf for n, leaf in leaves.items() if isinstance(leaf, SegmentLeaf)}:
        yield _memberships(segments)
    events = {n: leaf for n, leaf in leaves.items() if isinstance(leaf, EventLeaf)}
    if bought := {n: leaf for n, leaf in events.items() if leaf.event == ORDER_COMPLETED}:
        yield _measures(bought, tables.of_people(tables.PURCHASE), ground)
    if done := {n: leaf for n, leaf in events.items() if leaf.event != ORDER_COMPLETED}:
        yield _measures(done, tables.of_people(tables.EVENT), ground)


def _traits(leaves: Mapping[int, TraitLeaf], stored: Table) -> Table:
    rows = stored.filter(stored.key.isin(sorted({leaf.key for leaf in leaves.values()})))
    return _by_person(
        rows,
        {
            name(place): rows[str(leaf.test.kind)].max(where=rows.key == leaf.key)
            for place, leaf in leaves.items()
        },
    )


def _scores(leaves: Mapping[int, ScoreLeaf], ground: Ground) -> Table:
    score = tables.SCORE
    rows = score.filter(score.expires_at > ibis.literal(ground.as_of, type=dialect.INSTANT))
    return _by_person(
        rows,
        {
            name(place): (rows.value if leaf.part is ScorePart.VALUE else rows.band).max(
                where=rows.model == leaf.model
            )
            for place, leaf in leaves.items()
        },
    )


def _memberships(leaves: Mapping[int, SegmentLeaf]) -> Table:
    member = tables.MEMBERSHIP
    rows = member.filter(member.segment_id.isin(sorted({leaf.segment for leaf in leaves.values()})))
    return _by_person(
        rows,
        {
            name(place): (rows.segment_id == ibis.literal(leaf.segment)).any()
            for place, leaf in leaves.items()
        },
    )


def _measures(leaves: Mapping[int, EventLeaf], facts: Table, ground: Ground) -> Table:
    near = _bounded(facts, leaves.values(), ground)
    rows = near.filter(either([_chosen(leaf, near, ground) for leaf in leaves.values()]))
    return _by_person(
        rows,
        {
            name(place): _measure(leaf, rows, _chosen(leaf, rows, ground), ground)
            for place, leaf in leaves.items()
        },
    )


def _bounded(facts: Table, leaves: Iterable[EventLeaf], ground: Ground) -> Table:
    """Keep to the names and the span that the leaves need at all: indexes and partitions help."""
    starts, ends = zip(*(ground.span(leaf.window) for leaf in leaves), strict=True)
    bounds = [facts.happened_at < ibis.literal(max(ends), type=dialect.INSTANT)]
    if None not in starts:
        bounds.append(facts.happened_at >= ibis.literal(min(starts), type=dialect.INSTANT))
    names = sorted({leaf.event for leaf in leaves})
    if "name" in facts.columns and ANY not in names:
        bounds.append(facts.name.isin(names))
    return facts.filter(bounds)


def _chosen(leaf: EventLeaf, facts: Table, ground: Ground) -> BooleanValue:
    """Return whether a row counts for a leaf: its name, its window, each of its tests."""
    start, end = ground.span(leaf.window)
    tests = [facts.happened_at < ibis.literal(end, type=dialect.INSTANT)]
    if start is not None:
        tests.append(facts.happened_at >= ibis.literal(start, type=dialect.INSTANT))
    if leaf.event == ANY:
        tests += [facts.kind.isin(ACTIVE_KINDS), facts.name.notin(PASSIVE_EVENTS)]
    elif leaf.event != ORDER_COMPLETED:
        tests.append(facts.name == leaf.event)
    for each in leaf.where:
        own = (
            _line_property(facts, each.property)
            if leaf.event == ORDER_COMPLETED
            else _property(facts, each.property, each.test.kind)
        )
        tests.append(compare(each.test, own, ground=ground))
    return both(tests)


def _line_property(lines: Table, prop: str) -> Value:
    column = lines[prop]
    return column.nullif("") if column.type().is_string() else column  # a blank is no value


def _property(events: Table, prop: str, kind: Kind | None) -> Value:
    if kind is None:
        return dialect.json_present(events.properties, prop)
    if kind is Kind.NUMBER:
        return dialect.json_number(events.properties, prop)
    return dialect.json_text(events.properties, prop)


def _measure(leaf: EventLeaf, rows: Table, chosen: BooleanValue, ground: Ground) -> Value:
    day = dialect.local_day(rows.happened_at, ground.zone)
    match leaf.measure:
        case Measure.COUNT if leaf.event == ORDER_COMPLETED:
            return rows.order_key.nunique(where=chosen)
        case Measure.COUNT:
            return rows.count(where=chosen)
        case Measure.DISTINCT_DAYS:
            return day.nunique(where=chosen)
        case Measure.LAST_DAYS_AGO:
            latest = rows.happened_at.max(where=chosen)
            today = ibis.literal(ground.day(ground.as_of))
            return today.delta(dialect.local_day(latest, ground.zone), unit="day")
        case Measure.SUM:
            if ground.currency:
                chosen &= rows.currency.isin(["", ground.currency])
            return rows.amount_minor.sum(where=chosen).cast(dt.int64)


def _settled(leaf: Leaf, found: Table, place: int) -> Value:
    """Return a leaf's value after the join: what no row means depends on the leaf."""
    match leaf:
        case BucketLeaf(salt=salt):
            text = ibis.literal(f"{salt}:") + dialect.uuid_text(found.subject_id)
            return dialect.digest_number(text, digits=BUCKET_DIGITS) % BUCKETS
        case SegmentLeaf():
            return found[name(place)].coalesce(False)
        case EventLeaf(measure=measure) if measure is not Measure.LAST_DAYS_AGO:
            return found[name(place)].coalesce(0)
        case TraitLeaf() | ScoreLeaf() | EventLeaf():
            return found[name(place)]


def _by_person(rows: Table, aggregates: Mapping[str, Value]) -> Table:
    return rows.group_by(person=rows.subject_id).aggregate(**aggregates)
