"""
What the API reads about people, each in the one window that its request names.

A window shows a person only if they permit its purpose. Whoever is hidden, unknown or erased is
absent in the same way, so an answer never tells which it was.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import clock
from cdp.kernel.models import Origin
from consent.window import purpose
from profiles.models import (
    ComputedTrait,
    DeclaredTrait,
    Event,
    Identifier,
    Member,
    Profile,
    Score,
    Segment,
    Source,
    VaultValue,
)
from profiles.vault import index


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """The head of a profile. No direct identifier."""

    id: UUID
    language: str
    first_seen_at: datetime
    last_seen_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class TraitFacts:
    """One trait; the value of the kind it has is set. `origin` is computed or declared."""

    key: str
    origin: str
    number: float | None
    text: str | None
    items: list[str] | None
    at: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """One segment that a person is in."""

    id: UUID
    name: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """One score that has not expired, with what pushed it up and down."""

    model: str
    value: float
    band: str
    contributions: list[dict[str, Any]]
    as_of: datetime
    expires_at: datetime


@dataclass(slots=True)
class Person:
    """One person as a purpose shows them."""

    profile: ProfileFacts
    traits: list[TraitFacts] = field(default_factory=list)
    segments: list[SegmentFacts] = field(default_factory=list)
    scores: list[ScoreFacts] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event; `properties` are those that the data dictionary lets stand."""

    id: UUID
    type: str
    name: str
    source: str
    happened_at: datetime
    received_at: datetime
    amount_minor: int | None
    currency: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One person in a segment, and which conditions they met."""

    profile_id: UUID
    entered_at: datetime
    reason: list[Any]


def find(*, kind: str, value: str, under: str, actor: Actor) -> ProfileFacts | None:
    """
    Return whom an exact value points to, None if the purpose shows nobody.

    The search is an entry: about the person if one was found, else with its kind alone.

    :raises UnreadableEmail, UnreadablePhone, UnusableIdentifier: it cannot be normalized
    """
    blind = index.blind(kind, value)
    with purpose(under, actor=actor) as using:
        rows = Identifier.objects.filter(kind=kind, blind=blind)
        held = VaultValue.objects.filter(field=kind, blind=blind)
        origins = [*rows.values_list("subject_id", flat=True)[:1],
                   *held.order_by("-put_at").values_list("subject_id", flat=True)[:1]]  # fmt: skip
        found = next((p for o in origins if (p := _profile(_current(o)))), None)
        using.of([found.id] if found else [])
        using.doing("find_profile", people=1 if found else 0)
        detail = {"by": kind}
        record(actor, "profile.find", subject=found.id if found else None, detail=detail)
    return found


def show(subject: UUID, *, under: str, actor: Actor) -> Person | None:
    """Return one person as the purpose shows them, None if it does not."""
    with purpose(under, actor=actor) as using:
        using.of([subject])
        using.doing("show_profile")
        profile = _profile(_current(subject))
        if profile is None:
            return None
        return Person(profile, _traits(profile.id), _segments(profile.id), _scores(profile.id))


def timeline(
    subject: UUID, *, under: str, actor: Actor, after: list[str] | None, limit: int
) -> list[Happening] | None:
    """Return a person's newest events after a place; None if the purpose hides the person."""
    sources = dict(Source.objects.values_list("pk", "key"))
    with purpose(under, actor=actor) as using:
        using.of([subject])
        using.doing("show_timeline")
        profile = _profile(_current(subject))
        if profile is None:
            return None
        origins = Origin.objects.filter(subject_id=profile.id).values("origin")
        rows = Event.objects.filter(subject_id__in=origins).order_by("-happened_at", "-id")
        if after:
            at, last = after
            rows = rows.filter(Q(happened_at__lt=at) | Q(happened_at=at, id__lt=last))
        found = rows.values_list(
            "id", "kind", "name", "source_id", "happened_at", "received_at", "amount_minor",
            "currency", "properties",
        )[:limit]  # fmt: skip
        return [
            Happening(id_, kind, name, sources.get(source, ""), *rest)
            for id_, kind, name, source, *rest in found
        ]


def members(
    segment: UUID, *, under: str, actor: Actor, after: list[str] | None, limit: int
) -> list[MemberFacts]:
    """Return the people of a segment whom the purpose shows, last entered first."""
    with purpose(under, actor=actor) as using:
        rows = Member.objects.filter(segment_id=segment).order_by("-entered_at", "-subject_id")
        if after:
            at, last = after
            rows = rows.filter(Q(entered_at__lt=at) | Q(entered_at=at, subject_id__lt=last))
        found = [
            MemberFacts(*row)
            for row in rows.values_list("subject_id", "entered_at", "reason")[:limit]
        ]
        using.of(each.profile_id for each in found)
        using.doing("list_members", ref=f"segment:{segment}")
        return found


def _current(origin: UUID) -> UUID:
    """Return who a subject id stands for now; one that is hidden stands for itself."""
    found = Origin.objects.filter(origin=origin).values_list("subject_id", flat=True).first()
    return found or origin


def _profile(subject: UUID) -> ProfileFacts | None:
    row = (
        Profile.objects.filter(subject_id=subject)
        .values_list("subject_id", "language", "first_seen_at", "last_seen_at", "events")
        .first()
    )
    return ProfileFacts(*row) if row else None


def _traits(subject: UUID) -> list[TraitFacts]:
    computed = ComputedTrait.objects.filter(subject_id=subject).order_by("key")
    origins = Origin.objects.filter(subject_id=subject).values("origin")
    stated = DeclaredTrait.objects.filter(subject_id__in=origins)
    newest = {row.key: row for row in stated.order_by("stated_at")}
    return [
        *(
            TraitFacts(row.key, "computed", row.number, row.text, row.items, row.at, row.as_of)
            for row in computed
        ),
        *(
            TraitFacts(key, "declared", row.number, row.text, None, None, row.stated_at)
            for key, row in sorted(newest.items())
        ),
    ]


def _segments(subject: UUID) -> list[SegmentFacts]:
    entered = dict(
        Member.objects.filter(subject_id=subject).values_list("segment_id", "entered_at")
    )
    names = dict(Segment.objects.filter(pk__in=list(entered)).values_list("pk", "name"))
    return [
        SegmentFacts(segment, names.get(segment, ""), at)
        for segment, at in sorted(entered.items(), key=lambda pair: pair[1], reverse=True)
    ]


def _scores(subject: UUID) -> list[ScoreFacts]:
    rows = Score.objects.filter(subject_id=subject, expires_at__gt=clock.now()).order_by("model")
    return [
        ScoreFacts(row.model, row.value, row.band, row.contributions, row.as_of, row.expires_at)
        for row in rows
    ]
