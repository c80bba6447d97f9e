"""Find segments, and tell what they are called."""

from collections.abc import Collection
from uuid import UUID

from cdp.kernel.errors import CdpError
from profiles.segments.models import Segment
from profiles.segments.rules import RuleRefused, parse
from profiles.segments.tree import Node, segments_in


class NoSuchSegment(CdpError):
    """There is no such segment in this workspace."""

    code = "no_such_segment"


def find_segment(segment_id: UUID) -> Segment:
    """
    Return one segment of the current workspace.

    :raises NoSuchSegment: there is none
    """
    found = Segment.objects.filter(pk=segment_id).first()
    if found is None:
        raise NoSuchSegment("Choose a segment of this workspace.", segment=str(segment_id))
    return found


def names_of(segments: Collection[UUID]) -> dict[str, str]:
    """Return the name of each of these segments by id, for telling a rule in words."""
    rows = Segment.objects.filter(pk__in=segments).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def names_in(rule: Node) -> dict[str, str]:
    """Return the names of the segments that a rule refers to."""
    referred = segments_in(rule)
    return names_of(referred) if referred else {}


def users_of(segment_id: UUID) -> list[Segment]:
    """Return the segments in use whose rules refer to this one, by name."""
    rows = Segment.objects.filter(archived_at=None).exclude(pk=segment_id).order_by("name")
    return [row for row in rows if segment_id in referred_by(row)]


def referred_by(segment: Segment) -> frozenset[UUID]:
    """Return the segments that one's rule refers to; a rule that no longer reads, to none."""
    try:
        return segments_in(parse(segment.rule))
    except RuleRefused:
        return frozenset()
