"""
Bring a segment's members up to date: who matches now enters, who no longer does leaves.

One window under `profiling.segmentation` decides and writes; a second counts whom the delivery's
purpose would reach. Two refreshes of one segment wait for each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from consent import purposes
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.estimate import EMAIL, reach_of_segment
from profiles.segments.find import find_segment, names_in
from profiles.segments.ground import Ground
from profiles.segments.matching import PURPOSE, Match
from profiles.segments.models import Segment
from profiles.segments.reasons import reasons
from profiles.segments.rules import parse
from profiles.segments.tree import Node
from profiles.traits.permitted import store


@dataclass(frozen=True, slots=True)
class Change:
    """What one refresh did; `refused` match but do not permit membership of segments."""

    size: int
    entered: int
    left: int
    refused: int = 0


def refresh(segment_id: UUID, *, as_of: datetime, actor: object, job: UUID | None = None) -> Change:
    """
    Refresh one segment as of a moment; an archived one loses its members.

    :raises NoSuchSegment: there is none in this workspace
    :raises RuleRefused: its rule no longer reads, such as after a trait was removed
    """
    segment = find_segment(segment_id)
    rule, on = parse(segment.rule), matching.ground(as_of)
    names = names_in(rule)
    with purpose(PURPOSE, actor=actor, job=job) as using:
        _wait_for_turn(segment_id)
        found = [] if segment.archived_at else matching.matches(rule, on=on)
        told = {match.subject: _reason(segment, rule, match, on, names) for match in found}
        inside = _members(segment_id)
        left = _remove_others(segment_id, list(told))
        new = [subject for subject in told if subject not in inside]
        entered = store(new, lambda some: _add(segment_id, some, told, at=as_of))
        _tell_again(segment, told, inside)
        using.doing("refresh_segment", people=len(told), ref=f"segment:{segment_id}")
    change = Change(len(told) - entered.refused, entered.rows, left, entered.refused)
    _keep(segment, change, as_of=as_of, actor=actor, job=job)
    return change


def _wait_for_turn(segment_id: UUID) -> None:
    """Hold the segment's refresh for the length of the window."""
    with database.cursor() as sql:
        sql.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"segment:{segment_id}"]
        )


def _reason(
    segment: Segment, rule: Node, match: Match, on: Ground, names: Mapping[str, str]
) -> str:
    told = reasons(
        rule, match.truths, match.values, number=segment.rule_number, ground=on, names=names
    )
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


def _members(segment_id: UUID) -> dict[UUID, int | None]:
    """Return the members now, each with the number of the rule that let them in."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id, (reason -> 0 ->> 'rule')::int FROM profiles_membership
               WHERE segment_id = %s""",
            [segment_id],
        )
        return dict(sql.fetchall())


def _remove_others(segment_id: UUID, stay: list[UUID]) -> int:
    with database.cursor() as sql:
        sql.execute(
            """DELETE FROM profiles_membership
               WHERE segment_id = %s AND subject_id <> ALL (%s::uuid[])""",
            [segment_id, stay],
        )
        return int(sql.rowcount)


def _add(
    segment_id: UUID, subjects: Sequence[UUID], told: Mapping[UUID, str], *, at: datetime
) -> int:
    """Add members whom the window still shows."""
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_membership (id, segment_id, subject_id, entered_at, reason)
               SELECT n.id, %s, p.subject_id, %s, n.reason::jsonb
                 FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS n(id, subject_id, reason)
                 JOIN profiles_profile p ON p.subject_id = n.subject_id
                ORDER BY p.subject_id
               ON CONFLICT (segment_id, subject_id) DO NOTHING""",
            [
                segment_id,
                at,
                [uuid7() for _ in subjects],
                list(subjects),
                [told[subject] for subject in subjects],
            ],
        )
        return int(sql.rowcount)


def _tell_again(
    segment: Segment, told: Mapping[UUID, str], inside: Mapping[UUID, int | None]
) -> None:
    """Give members who came in by an earlier rule the reason of the present one."""
    stale = [
        subject
        for subject, number in inside.items()
        if subject in told and number != segment.rule_number
    ]
    if not stale:
        return
    with database.cursor() as sql:
        sql.execute(
            """UPDATE profiles_membership m SET reason = n.reason::jsonb
                 FROM unnest(%s::uuid[], %s::text[]) AS n(subject_id, reason)
                WHERE m.segment_id = %s AND m.subject_id = n.subject_id""",
            [stale, [told[subject] for subject in stale], segment.pk],
        )


def _keep(
    segment: Segment, change: Change, *, as_of: datetime, actor: object, job: UUID | None
) -> None:
    """Keep size and reach with the segment, for lists that open no window."""
    key = segment.purpose_key if purposes.spec(segment.purpose_key).channel else EMAIL
    reached = reach_of_segment(segment.pk, purpose_key=key, actor=actor, job=job)
    Segment.objects.filter(pk=segment.pk).update(
        size=change.size,
        counts={"match": change.size, **asdict(reached)},
        refreshed_at=as_of,
        due_at=None if segment.archived_at else as_of + timedelta(minutes=segment.refresh_minutes),
    )
