"""
What a response model learns from: contacts, and whether each was answered in time.

A contact whose time to answer is not over is left out, never counted as a no.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.windows import required
from profiles.scoring.registry import ResponseMapping


@dataclass(frozen=True, slots=True)
class Contact:
    """One person reached by one campaign. `closes` is the day its offer ends, as recorded."""

    subject: UUID
    at: datetime
    match: str
    group: str
    closes: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer to a campaign."""

    subject: UUID
    at: datetime
    match: str


@dataclass(slots=True)
class Labeled:
    """Contacts with their outcome, one position each, and how many were left out, by reason."""

    contacts: list[Contact] = field(default_factory=list)
    answered: list[bool] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count one contact as left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def label(
    contacts: Iterable[Contact],
    responses: Iterable[Response],
    *,
    mapping: ResponseMapping,
    log_from: datetime | None,
    as_of: datetime,
) -> Labeled:
    """
    Return the contacts that can be learned from, each answered or not. Pure.

    Left out: `too_early`, with too little log (which starts at `log_from`) before it;
    `still_open`, which may be answered yet.
    """
    answers: defaultdict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    for response in responses:
        answers[response.subject, response.match].append(response.at)
    learn_from = None if log_from is None else log_from + timedelta(days=mapping.history_days)
    found = Labeled()
    for contact in contacts:
        closed_at = closes_at(contact, mapping)
        if learn_from is None or contact.at < learn_from:
            found.skip("too_early")
        elif closed_at > as_of:
            found.skip("still_open")
        else:
            at = answers.get((contact.subject, contact.match), [])
            found.contacts.append(contact)
            found.answered.append(any(contact.at < moment <= closed_at for moment in at))
    return found


def closes_at(contact: Contact, mapping: ResponseMapping) -> datetime:
    """Return the last instant at which an answer to `contact` counts. Pure."""
    horizon = contact.at + timedelta(days=mapping.horizon_days)
    try:
        day = date.fromisoformat(contact.closes or "")
    except ValueError:
        return horizon
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    closed_at = midnight + timedelta(hours=mapping.grace_hours)
    return min(horizon, closed_at) if closed_at > contact.at else horizon


# Two contacts of one person by one campaign (two profiles that were merged) are one: the first.
_CONTACTS = """
SELECT DISTINCT ON (o.subject_id, e.properties ->> %(match)s)
       o.subject_id, e.happened_at, e.properties ->> %(match)s,
       coalesce(e.properties ->> %(group)s, ''), e.properties ->> %(closes)s
  FROM kernel_origin o JOIN profiles_event e ON e.subject_id = o.origin
 WHERE e.name = %(contact)s AND e.happened_at < %(as_of)s
   AND e.properties ->> %(match)s IS NOT NULL
 ORDER BY o.subject_id, e.properties ->> %(match)s, e.happened_at
"""
_RESPONSES = """
SELECT o.subject_id, e.happened_at, e.properties ->> %(match)s
  FROM kernel_origin o JOIN profiles_event e ON e.subject_id = o.origin
 WHERE e.name = %(response)s AND e.happened_at < %(as_of)s
   AND e.properties ->> %(match)s IS NOT NULL
"""
_LOG_FROM = "SELECT min(happened_at) FROM profiles_purchase WHERE happened_at < %(as_of)s"


def read(mapping: ResponseMapping, *, as_of: datetime) -> Labeled:
    """
    Return the labeled contacts of everybody whom the open window shows.

    :raises PurposeRequired: no window is open
    """
    required()
    values: dict[str, Any] = {
        "match": mapping.match_property,
        "group": mapping.group_property,
        "closes": mapping.closes_property,
        "contact": mapping.contact_event,
        "response": mapping.response_event,
        "as_of": as_of,
    }
    with database.cursor() as sql:
        sql.execute(_CONTACTS, values)
        contacts = [Contact(*row) for row in sql.fetchall()]
        sql.execute(_RESPONSES, values)
        responses = [Response(*row) for row in sql.fetchall()]
        sql.execute(_LOG_FROM, values)
        first = sql.fetchone()
    log_from = first[0] if first else None
    return label(contacts, responses, mapping=mapping, log_from=log_from, as_of=as_of)
