"""Read memberships inside a window: of one segment, or of one person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.kernel.windows import required
from profiles.segments.models import Member

_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Membership:
    """One person in one segment since a moment, with each leaf's truth at that time."""

    subject: UUID
    segment: UUID
    entered_at: datetime
    reason: list[dict[str, Any]]


def members(segment_id: UUID, *, limit: int = 50, after: UUID = _FIRST) -> list[Membership]:
    """
    Return members of one segment by id, those after `after`.

    :raises PurposeRequired: no window is open
    """
    required()
    rows = Member.objects.filter(segment_id=segment_id, subject_id__gt=after)
    return [_membership(row) for row in rows.order_by("subject_id")[:limit]]


def memberships(subject: UUID) -> list[Membership]:
    """
    Return the segments that one person is in, newest first.

    :raises PurposeRequired: no window is open
    """
    required()
    rows = Member.objects.filter(subject_id=subject)
    return [_membership(row) for row in rows.order_by("-entered_at", "segment_id")]


def _membership(row: Member) -> Membership:
    return Membership(row.subject_id, row.segment_id, row.entered_at, row.reason)
