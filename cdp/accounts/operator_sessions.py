"""
Where an operator is signed in: one row a device, and when it ends.

A session ends after 30 minutes without a request, after 12 hours in any case, and when its
operator ends it from another device. Source: OWASP ASVS 5.0 7.3 and 7.4.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.sessions.models import Session

from cdp.accounts.models import OperatorSession
from cdp.kernel import clock

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
KEPT = timedelta(days=1)  # of a session that is over; then its row goes
NOTED_EVERY = timedelta(minutes=1)  # how exact `last_seen_at` is


class Standing(StrEnum):
    """Whether a session still holds, or why it is over."""

    HOLDS = "holds"
    IDLE = "idle"
    OLD = "old"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Device:
    """One place where an operator is signed in."""

    id: UUID
    device: str
    began_at: datetime
    last_seen_at: datetime


def begin(operator: UUID, *, device: str) -> UUID:
    """Note that an operator signed in on `device`, and forget sessions that ended a day ago."""
    now = clock.now()
    OperatorSession.objects.filter(expires_at__lt=now - KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    return OperatorSession.objects.create(
        operator_id=operator,
        device=device[:60],
        began_at=now,
        last_seen_at=now,
        expires_at=now + ABSOLUTE,
    ).pk


def standing(session: UUID, *, operator: UUID) -> Standing:
    """Return whether a session holds, and note that its operator is here."""
    now = clock.now()
    row = OperatorSession.objects.filter(pk=session, operator_id=operator).first()
    if row is None or row.ended_at is not None:
        return Standing.ENDED
    if row.expires_at <= now:
        return Standing.OLD
    if row.last_seen_at <= now - IDLE:
        return Standing.IDLE
    if row.last_seen_at <= now - NOTED_EVERY:
        OperatorSession.objects.filter(pk=session).update(last_seen_at=now)
    return Standing.HOLDS


def open_of(operator: UUID) -> list[Device]:
    """Return where an operator is signed in, the latest used first."""
    now = clock.now()
    rows = OperatorSession.objects.filter(
        operator_id=operator, ended_at=None, expires_at__gt=now, last_seen_at__gt=now - IDLE
    ).order_by("-last_seen_at", "-pk")
    return [Device(row.pk, row.device, row.began_at, row.last_seen_at) for row in rows]


def end(session: UUID, *, operator: UUID) -> bool:
    """End one session of an operator; return whether it was open."""
    rows = OperatorSession.objects.filter(pk=session, operator_id=operator, ended_at=None)
    return bool(rows.update(ended_at=clock.now()))


def end_all(operator: UUID, *, but: Collection[UUID] = ()) -> int:
    """End every session of an operator except some; return how many were open."""
    rows = OperatorSession.objects.filter(operator_id=operator, ended_at=None)
    return rows.exclude(pk__in=but).update(ended_at=clock.now())
