"""
What comes back from a message: a followed link, an unsubscribe.

The token alone says whose message it was; it can only reduce what is permitted. Source: RFC 8058;
consent reference, part 4.3.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.actors import Actor
from campaigns.delivery.announce import CLICKED, UNSUBSCRIBED, announce, call
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from consent import ledger, tokens
from consent.models import Token
from consent.window import subject_window


class UnknownLink(CdpError):
    """A link that was never issued, or was cut off on its way."""

    code = "unknown_link"


@dataclass(frozen=True, slots=True)
class Stoppable:
    """What an unsubscribe link stops; nothing about who."""

    workspace: UUID
    purpose: str
    channel: str


def find_stoppable(token: str) -> Stoppable:
    """
    Return what an unsubscribe link would stop; changes nothing.

    :raises UnknownLink: the token was never issued
    """
    found = _find(token, kind="one_click")
    return Stoppable(found.workspace_id, found.purpose_key, found.channel)


def stop(token: str, *, language: str = "en") -> datetime:
    """
    Withdraw the purpose that an unsubscribe link names, and return when that took effect.

    Safe to repeat. What requires the purpose, such as its personalized form, closes with it.

    :raises UnknownLink: the token was never issued
    """
    found = _find(token, kind="one_click")
    now = clock.now()
    with database.in_workspace(found.workspace_id):
        person = _person(found.subject_id)
        actor = Actor.customer(person)
        with subject_window(person, actor=actor) as using:
            using.doing("unsubscribe", ref=f"delivery:{found.delivery_id}")
            ledger.withdraw(
                person,
                purpose=found.purpose_key,
                actor=actor,
                method="one_click",
                origin="mail",
                language=language,
            )
            announce(
                [
                    call(
                        UNSUBSCRIBED,
                        person,
                        key=f"{found.delivery_id}:unsubscribed",
                        at=now,
                        properties=_properties(found),
                    )
                ]
            )
    return now


def follow(token: str, *, is_counted: bool) -> str:
    """
    Return where a link in a message goes; a click is reported as an event if `is_counted`.

    :raises UnknownLink: the token was never issued
    """
    found = _find(token, kind="click")
    if is_counted:
        with database.in_workspace(found.workspace_id), database.atomic():
            properties = {**_properties(found), "link": found.target}
            announce(
                [
                    call(
                        CLICKED,
                        _person(found.subject_id),
                        key=f"{found.delivery_id}:click:{uuid7()}",
                        at=clock.now(),
                        properties=properties,
                    )
                ]
            )
    return found.target


def _find(token: str, *, kind: str) -> Token:
    found = tokens.find(token, kind=kind)
    if found is None:
        raise UnknownLink("This link is not known. Open it from the message itself.")
    return found


def _person(subject: UUID) -> UUID:
    """Return who stands for `subject` now: two people may have become one since the message."""
    with database.cursor() as sql:
        sql.execute("SELECT link_person(%s)", [subject])
        row = sql.fetchone()
    return row[0] if row and row[0] else subject


def _properties(found: Token) -> dict[str, str]:
    return {
        "delivery_id": str(found.delivery_id),
        "purpose": found.purpose_key,
        "channel": found.channel,
    }
