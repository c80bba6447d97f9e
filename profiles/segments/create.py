"""Make a segment."""

from uuid import UUID

from django.db import IntegrityError

from audit.inbox import record
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from consent import purposes
from profiles.segments.find import NoSuchSegment
from profiles.segments.matching import PURPOSE
from profiles.segments.models import Segment
from profiles.segments.rules import digest, document, parse
from profiles.segments.tree import Node, segments_in

MAX_NAME = 120
MAX_DESCRIPTION = 400
MINUTES = range(1, 44_641)  # up to a month


class SegmentRefused(CdpError):
    """What was given makes no segment; nothing was saved."""

    code = "segment_refused"


class SegmentNameTaken(CdpError):
    """Another segment of this workspace has the name."""

    code = "segment_name_taken"


def create_segment(
    name: str,
    *,
    rule: object,
    actor: object,
    description: str = "",
    purpose_key: str = PURPOSE,
    refresh_minutes: int = 60,
) -> Segment:
    """
    Create a segment, due for its first refresh at once, and put it on the record.

    `purpose_key` is what the segment is meant for; its reach is counted under it.

    :raises RuleRefused: `rule` does not read
    :raises SegmentRefused: the name, the text or the interval does not fit
    :raises SegmentNameTaken: the name is in use
    :raises NoSuchSegment: the rule refers to a segment that is not there
    :raises UnknownPurpose: the catalogue does not list `purpose_key`
    """
    tree = parse(rule)
    check_referred(tree)
    purposes.spec(purpose_key)
    check_texts(name, description, refresh_minutes)
    try:
        with database.atomic():
            segment = Segment.objects.create(
                name=name.strip(),
                description=description.strip(),
                rule=document(tree),
                purpose_key=purpose_key,
                refresh_minutes=refresh_minutes,
                due_at=clock.now(),
                created_by=str(actor),
            )
            record(str(actor), "segment.create", obj=of(segment.pk), detail={"rule": digest(tree)})
    except IntegrityError:
        raise SegmentNameTaken("Choose another name; a segment has this one.") from None
    return segment


def of(segment_id: UUID) -> str:
    """Return how a segment is named on the record."""
    return f"segment:{segment_id}"


def check_referred(rule: Node) -> None:
    """
    Refuse a rule that refers to segments that are not there, or are archived.

    :raises NoSuchSegment: one of them is missing
    """
    referred = segments_in(rule)
    rows = Segment.objects.filter(pk__in=referred, archived_at=None)
    if missing := referred - set(rows.values_list("pk", flat=True)):
        raise NoSuchSegment(
            "The rule refers to a segment that is not in use.", segment=str(min(missing))
        )


def check_texts(name: str, description: str, refresh_minutes: int) -> None:
    """
    Refuse texts and intervals that do not fit.

    :raises SegmentRefused: one of them
    """
    if not name.strip() or len(name.strip()) > MAX_NAME or not name.isprintable():
        raise SegmentRefused(f"Give the segment a name of 1 to {MAX_NAME} characters.")
    if len(description.strip()) > MAX_DESCRIPTION or "\x00" in description:
        raise SegmentRefused(f"Keep the description to {MAX_DESCRIPTION} characters.")
    if refresh_minutes not in MINUTES:
        raise SegmentRefused("Refresh between every minute and every month.")
