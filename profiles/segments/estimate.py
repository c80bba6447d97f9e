"""
Count a rule before anybody is sent anything: match, then permit the purpose, then have an address.

The rule may need data that the delivery's purpose may not read. So matching runs under
`profiling.segmentation`, and a second window asks the delivery's purpose which of those people it
shows. Only numbers come out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel import database
from consent import purposes
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.matching import PURPOSE, Count, LeafCount
from profiles.segments.tree import Node

EMAIL = "marketing.email"
# The vault field that holds a channel's address; other channels need none.
ADDRESS_FIELDS = {"email": "email", "sms": "phone"}


@dataclass(frozen=True, slots=True)
class Reach:
    """Of some people, how many permit the purpose, and how many of those have an address."""

    consented: int
    reachable: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """From everybody considered to those whom a message would reach."""

    population: int
    match: int
    unknown: int
    consented: int
    reachable: int
    leaves: tuple[LeafCount, ...]


def estimate(rule: Node, *, as_of: datetime, actor: object, job: UUID | None = None) -> Count:
    """Count who matches a rule, and for whom it is unknown, leaf by leaf."""
    on = matching.ground(as_of)
    with purpose(PURPOSE, actor=actor, job=job) as using:
        counted = matching.tally(rule, on=on)
        using.doing("count_rule", people=counted.considered)
    return counted


def count(
    rule: Node,
    *,
    purpose_key: str = EMAIL,
    as_of: datetime,
    actor: object,
    job: UUID | None = None,
) -> Funnel:
    """
    Count a rule down to those reachable under a delivery purpose.

    :raises UnknownPurpose: the catalogue does not list `purpose_key`
    """
    purposes.spec(purpose_key)
    on = matching.ground(as_of)
    with purpose(PURPOSE, actor=actor, job=job) as using:
        counted = matching.tally(rule, on=on)
        found = matching.subjects(rule, on=on)
        using.doing("count_rule", people=counted.considered)
    reached = reach(found, purpose_key=purpose_key, actor=actor, job=job)
    return Funnel(
        population=counted.considered,
        match=len(found),
        unknown=counted.unknown,
        consented=reached.consented,
        reachable=reached.reachable,
        leaves=counted.leaves,
    )


def reach(
    subjects: Collection[UUID], *, purpose_key: str, actor: object, job: UUID | None = None
) -> Reach:
    """
    Count which of `subjects` a purpose shows, and which of those have an address for its channel.

    :raises UnknownPurpose: the catalogue does not list `purpose_key`
    """
    people = "profiles_profile p WHERE p.subject_id = ANY (%(people)s::uuid[])"
    return _reach(people, list(subjects), purpose_key=purpose_key, actor=actor, job=job)


def reach_of_segment(
    segment_id: UUID, *, purpose_key: str, actor: object, job: UUID | None = None
) -> Reach:
    """
    Count which members of a segment a purpose shows, and which of those have an address.

    :raises UnknownPurpose: the catalogue does not list `purpose_key`
    """
    people = "profiles_membership p WHERE p.segment_id = %(people)s"
    return _reach(people, segment_id, purpose_key=purpose_key, actor=actor, job=job)


def _reach(
    people: str, given: UUID | list[UUID], *, purpose_key: str, actor: object, job: UUID | None
) -> Reach:
    field = ADDRESS_FIELDS.get(purposes.spec(purpose_key).channel)
    with purpose(purpose_key, actor=actor, job=job) as using, database.cursor() as sql:
        sql.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE %(field)s::text IS NULL OR EXISTS (
                       SELECT FROM kernel_origin o
                         JOIN profiles_vaultvalue v ON v.subject_id = o.origin
                        WHERE o.subject_id = p.subject_id AND v.field = %(field)s))
                  FROM {people}""",
            {"field": field, "people": given},
        )
        consented, reachable = sql.fetchone() or (0, 0)
        using.doing("count_reach", people=consented)
    return Reach(consented, reachable)
