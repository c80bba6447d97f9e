"""
What the profile screens read about people, each read in the one window that the caller names.

A window shows a person only if they permit its purpose; whoever is not shown is simply absent.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.actors import Actor
from cdp.kernel import clock, database
from consent import queries
from consent.window import purpose
from profiles.records import own
from profiles.segments import members
from profiles.segments.members import Membership

SUPPORT, SEGMENTATION, SCORING = "support", "profiling.segmentation", "profiling.scoring"
RESPONSE_MODEL = "coupon_response"
EVENTS_SHOWN = 25
ROWS_SHOWN = 50

_ORIGINS = "(SELECT origin FROM kernel_origin WHERE subject_id = %(subject)s)"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in a list: facts, no contact data. Amounts in minor units."""

    subject: UUID
    last_seen_at: datetime
    orders: float | None
    spend_minor: float | None
    group: str
    segments: list[UUID]


@dataclass(frozen=True, slots=True)
class Person:
    """The head of a profile."""

    subject: UUID
    language: str
    first_seen_at: datetime
    last_seen_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a timeline; `properties` are those that the data dictionary lets stand."""

    id: UUID
    happened_at: datetime
    kind: str
    name: str
    source: UUID
    amount_minor: int | None
    currency: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TraitValue:
    """One computed trait as it is stored; one of the values is set."""

    key: str
    number: float | None
    text: str | None
    items: list[str] | None
    at: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A person's score of one model."""

    value: float
    band: str


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message to one person."""

    campaign: UUID
    channel: str
    state: str
    reason: str
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class IdentifierLine:
    """One identifier: which kind, from where, seen when; never its value."""

    kind: str
    source: UUID
    first_seen_at: datetime
    last_seen_at: datetime


def people(
    *, actor: Actor, segment: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[PersonLine]:
    """Return people by last sign of life, of one segment or of everybody who permits groups."""
    with purpose(SEGMENTATION, actor=actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT p.subject_id, p.last_seen_at, orders.number, spend.number, cell.text,
                      (SELECT coalesce(array_agg(m.segment_id), '{}') FROM profiles_membership m
                        WHERE m.subject_id = p.subject_id)
                 FROM profiles_profile p
                 LEFT JOIN profiles_computedtrait orders
                   ON orders.subject_id = p.subject_id AND orders.key = 'orders'
                 LEFT JOIN profiles_computedtrait spend
                   ON spend.subject_id = p.subject_id AND spend.key = 'spend_minor'
                 LEFT JOIN profiles_computedtrait cell
                   ON cell.subject_id = p.subject_id AND cell.key = 'rfm_cell'
                WHERE (%(segment)s::uuid IS NULL OR EXISTS (
                        SELECT FROM profiles_membership m
                         WHERE m.subject_id = p.subject_id AND m.segment_id = %(segment)s::uuid))
                  AND (%(at)s::timestamptz IS NULL
                       OR (p.last_seen_at, p.subject_id) < (%(at)s::timestamptz, %(id)s::uuid))
                ORDER BY p.last_seen_at DESC, p.subject_id DESC LIMIT %(limit)s""",
            {
                "segment": segment,
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "limit": limit,
            },
        )
        lines = [
            PersonLine(subject, seen, orders, spend, cell or "", list(segments))
            for subject, seen, orders, spend, cell, segments in sql.fetchall()
        ]
        using.of(line.subject for line in lines)
        using.doing("list_profiles", ref=f"segment:{segment}" if segment else "")
    return lines


def response_scores(subjects: Collection[UUID], *, actor: Actor) -> Mapping[UUID, ScoreLine]:
    """Return the unexpired coupon response scores of those who permit scoring."""
    if not subjects:
        return {}
    with purpose(SCORING, actor=actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT subject_id, value, band FROM profiles_score
                WHERE model = %s AND subject_id = ANY(%s) AND expires_at > %s""",
            [RESPONSE_MODEL, list(subjects), clock.now()],
        )
        found = {row[0]: ScoreLine(*row[1:]) for row in sql.fetchall()}
        using.of(found)
        using.doing("list_scores")
    return found


def person(subject: UUID, *, under: str, actor: Actor) -> Person | None:
    """Return the head of one profile, None if the window does not show it."""
    with purpose(under, actor=actor) as using, database.cursor() as sql:
        using.of([subject])
        using.doing("show_profile")
        sql.execute(
            """SELECT subject_id, language, first_seen_at, last_seen_at, events
                 FROM profiles_profile WHERE subject_id = %s""",
            [subject],
        )
        row = sql.fetchone()
    return Person(*row) if row else None


def timeline(
    subject: UUID, *, under: str, actor: Actor, before: datetime | None = None
) -> list[Happening]:
    """Return a person's newest events that the window shows, and one more if there are more."""
    with purpose(under, actor=actor) as using, database.cursor() as sql:
        using.of([subject])
        using.doing("show_timeline")
        sql.execute(
            f"""SELECT id, happened_at, kind, name, source_id, amount_minor, currency,
                       properties::text
                  FROM profiles_event
                 WHERE subject_id IN {_ORIGINS}
                   AND (%(before)s::timestamptz IS NULL OR happened_at < %(before)s::timestamptz)
                 ORDER BY happened_at DESC, id LIMIT %(limit)s""",
            {"subject": subject, "before": before, "limit": EVENTS_SHOWN + 1},
        )
        return [
            Happening(id_, at, kind, name, source, minor, currency, json.loads(properties))
            for id_, at, kind, name, source, minor, currency, properties in sql.fetchall()
        ]


def traits(subject: UUID, *, actor: Actor) -> tuple[list[TraitValue], list[own.Fact]]:
    """Return what was worked out about a person, and what sources stated."""
    with purpose(SEGMENTATION, actor=actor) as using, database.cursor() as sql:
        using.of([subject])
        using.doing("show_traits")
        sql.execute(
            """SELECT key, number, text, items, at, as_of FROM profiles_computedtrait
                WHERE subject_id = %s ORDER BY key""",
            [subject],
        )
        computed = [TraitValue(*row) for row in sql.fetchall()]
        return computed, own.facts(subject)


def memberships(subject: UUID, *, actor: Actor) -> list[Membership]:
    """Return the segments that a person is in, each with its reason."""
    with purpose(SEGMENTATION, actor=actor) as using:
        using.of([subject])
        using.doing("show_segments")
        return members.memberships(subject)


def messages(subject: UUID, *, under: str, actor: Actor) -> list[MessageLine]:
    """Return the newest messages to a person."""
    with purpose(under, actor=actor) as using, database.cursor() as sql:
        using.of([subject])
        using.doing("show_messages")
        sql.execute(
            """SELECT campaign_id, channel, state, reason, created_at, settled_at
                 FROM campaigns_delivery WHERE subject_id = %s
                ORDER BY created_at DESC LIMIT %s""",
            [subject, ROWS_SHOWN],
        )
        return [MessageLine(*row) for row in sql.fetchall()]


def identifiers(subject: UUID, *, under: str, actor: Actor) -> list[IdentifierLine]:
    """Return which identifiers point to a person."""
    with purpose(under, actor=actor) as using, database.cursor() as sql:
        using.of([subject])
        using.doing("show_identifiers")
        sql.execute(
            f"""SELECT kind, source_id, first_seen_at, last_seen_at FROM profiles_identifier
                 WHERE subject_id IN {_ORIGINS} ORDER BY kind, first_seen_at""",
            {"subject": subject},
        )
        return [IdentifierLine(*row) for row in sql.fetchall()]


def contacts(subject: UUID, *, actor: Actor) -> list[own.Contact]:
    """Return which contact details are held; nothing is opened."""
    with purpose(SUPPORT, actor=actor) as using:
        using.of([subject])
        using.doing("show_contacts")
        return own.contacts(subject)


def permissions(
    subject: UUID, *, under: str, actor: Actor, language: str
) -> list[queries.Standing]:
    """Return how one person stands to each purpose."""
    with purpose(under, actor=actor) as using:
        using.of([subject])
        using.doing("show_permissions")
        return queries.standing(subject, language=language)


def uses(subject: UUID, *, under: str, actor: Actor) -> list[queries.Use]:
    """Return who used one person's data, newest first."""
    with purpose(under, actor=actor) as using:
        using.of([subject])
        using.doing("show_uses")
        return queries.uses_of(subject, limit=ROWS_SHOWN)
