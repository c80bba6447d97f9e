"""Change a segment's rule or texts, and take it out of use."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from audit.inbox import record
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from profiles.segments.create import SegmentNameTaken, check_referred, check_texts, of
from profiles.segments.find import NoSuchSegment, referred_by, users_of
from profiles.segments.models import Segment
from profiles.segments.rules import digest, document, parse
from profiles.segments.tree import Node, segments_in


class SegmentCycle(CdpError):
    """A segment would depend on itself."""

    code = "segment_cycle"

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(f"The segment would depend on itself: {' → '.join(path)}.")
        self.path = path


class SegmentInUse(CdpError):
    """Other segments refer to this one."""

    code = "segment_in_use"


def edit_segment(
    segment_id: UUID,
    *,
    actor: object,
    name: str | None = None,
    description: str | None = None,
    rule: object | None = None,
    refresh_minutes: int | None = None,
) -> Segment:
    """
    Change what is given; a changed rule gets the next number and is due for a refresh at once.

    :raises NoSuchSegment: it is not there or archived, or the rule refers to one that is
    :raises RuleRefused: `rule` does not read
    :raises SegmentCycle: by the rule the segment would depend on itself
    :raises SegmentRefused: a text or the interval does not fit
    :raises SegmentNameTaken: the name is in use
    """
    try:
        with database.atomic():
            segment = _locked(segment_id)
            changes = _text_changes(segment, name, description, refresh_minutes)
            if rule is not None:
                changes |= _rule_changes(segment, parse(rule))
            if changes:
                Segment.objects.filter(pk=segment.pk).update(**changes)
                detail = {"fields": ",".join(sorted(changes.keys() - {"due_at", "rule_number"}))}
                if "rule" in changes:
                    detail["rule"] = digest(parse(changes["rule"]))
                record(str(actor), "segment.edit", obj=of(segment.pk), detail=detail)
                segment.refresh_from_db()
            return segment
    except IntegrityError:
        raise SegmentNameTaken("Choose another name; a segment has this one.") from None


def archive_segment(segment_id: UUID, *, actor: object) -> Segment:
    """
    Take a segment out of use; its next refresh removes its members.

    :raises NoSuchSegment: it is not there or archived already
    :raises SegmentInUse: rules of other segments refer to it
    """
    with database.atomic():
        segment = _locked(segment_id)
        if users := users_of(segment_id):
            raise SegmentInUse(
                "Take it out of the rules of other segments first.", segments=len(users)
            )
        now = clock.now()
        Segment.objects.filter(pk=segment_id).update(archived_at=now, due_at=now)
        record(str(actor), "segment.archive", obj=of(segment_id))
        segment.refresh_from_db()
        return segment


def _locked(segment_id: UUID) -> Segment:
    rows = Segment.objects.select_for_update().filter(pk=segment_id, archived_at=None)
    segment = rows.first()
    if segment is None:
        raise NoSuchSegment("Choose a segment in use.", segment=str(segment_id))
    return segment


def _text_changes(
    segment: Segment, name: str | None, description: str | None, refresh_minutes: int | None
) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": segment.name if name is None else name.strip(),
        "description": segment.description if description is None else description.strip(),
        "refresh_minutes": segment.refresh_minutes if refresh_minutes is None else refresh_minutes,
    }
    check_texts(**given)
    return {field: value for field, value in given.items() if value != getattr(segment, field)}


def _rule_changes(segment: Segment, rule: Node) -> dict[str, Any]:
    check_referred(rule)
    _refuse_cycle(segment, rule)
    if document(rule) == segment.rule:
        return {}
    return {
        "rule": document(rule),
        "rule_number": segment.rule_number + 1,
        "due_at": clock.now(),
    }


def _refuse_cycle(segment: Segment, rule: Node) -> None:
    """Refuse a rule by which the segment would, over others, refer to itself."""
    rows = list(Segment.objects.filter(archived_at=None))
    names = {row.pk: row.name for row in rows}
    refers = {row.pk: referred_by(row) for row in rows}
    refers[segment.pk] = segments_in(rule)
    if path := _way(segment.pk, segment.pk, refers, seen=set()):
        raise SegmentCycle(tuple(names.get(each, str(each)) for each in (segment.pk, *path)))


def _way(
    start: UUID, goal: UUID, refers: Mapping[UUID, frozenset[UUID]], *, seen: set[UUID]
) -> tuple[UUID, ...] | None:
    """Return the steps from `start` back to `goal`, if there is a way."""
    for each in sorted(refers.get(start, frozenset())):
        if each == goal:
            return (each,)
        if each not in seen:
            seen.add(each)
            if further := _way(each, goal, refers, seen=seen):
                return (each, *further)
    return None
