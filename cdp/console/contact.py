"""
A person's contact details for customer care: masked, or one field shown for a stated reason.

Every reading goes through the vault and is on the record; the person sees it in their own history.
The value is in one answer's body alone: never in a URL, title, log or message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from audit.actors import Actor
from cdp.accounts import limits
from cdp.console import people
from consent.window import purpose
from profiles.records import own
from profiles.vault import fields
from profiles.vault import open as vault

REVEALS = limits.Limit("reveal.operator", 60, timedelta(hours=1))
SHOWN_SECONDS = 60
HEAD_FIELDS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Detail:
    """
    One contact detail as the panel shows it; `revealed` says that `text` is the plain value.

    One that is there and cannot be decrypted is `unreadable` and has no text.
    """

    field: str
    label: str
    text: str
    revealed: bool
    generated: bool
    unreadable: bool


def masked(subject: UUID, *, actor: Actor, language: str) -> list[Detail]:
    """Return a person's contact details, masked; none if the window does not show them."""
    return _details(subject, actor=actor, language=language, revealed={})


def reveal(
    subject: UUID, *, field: str, reason: str, actor: Actor, operator: UUID, language: str
) -> list[Detail]:
    """
    Return the contact details with one of them in plain text.

    :raises UnknownField: the catalogue does not list it
    :raises FieldNotPermitted: customer care may not see this kind of value
    :raises TooManyTries: sixty reveals in an hour
    """
    fields.get(field)
    limits.spend(REVEALS, str(operator))
    with purpose(people.SUPPORT, actor=actor) as using:
        using.of([subject])
        using.doing("reveal_contact")
        opened = vault.open([subject], [field], actor=actor, reason=reason)
    return _details(subject, actor=actor, language=language, revealed=opened.get(subject, {}))


def _details(
    subject: UUID, *, actor: Actor, language: str, revealed: Mapping[str, str]
) -> list[Detail]:
    with purpose(people.SUPPORT, actor=actor) as using:
        using.of([subject])
        using.doing("show_contact")
        held = {each.field: each for each in own.contacts(subject)}
        hidden = [field for field in held if field not in revealed and vault.may_open(field)]
        opened = vault.open_masked([subject], hidden, actor=actor)
    values = {**opened.get(subject, {}), **revealed}
    unreadable = opened.unreadable(subject)
    return [
        Detail(
            field=key,
            label=field.label.get(language, field.label["en"]),
            text=values.get(key, ""),
            revealed=key in revealed,
            generated=held[key].generated,
            unreadable=key in unreadable,
        )
        for key, field in fields.FIELDS.items()
        if key in held and (key in values or key in unreadable)
    ]
