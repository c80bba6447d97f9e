"""
One message's values for a set of people, read inside the window of the message's purpose.

Row-level security decides what is there: a trait that the purpose may not read, or that the person
refuses, is simply absent, and the template's fallback stands in its place.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from audit.actors import Actor
from campaigns.messages.fields import BY_KEY, Origin, Variable
from campaigns.messages.written import language_of, write
from cdp.kernel import database
from profiles.traits.definitions import DEFINITIONS
from profiles.vault import open as vault

HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Personal:
    """What a message needs to know about one person. Never stored, never shown by `repr`."""

    language: str
    address: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


def gather(
    people: Collection[UUID],
    keys: Collection[str],
    *,
    written_in: Collection[str],
    zone: ZoneInfo,
    actor: Actor,
    address_field: str = "",
    concealed: bool = False,
) -> dict[UUID, Personal]:
    """
    Return language, address and the variables `keys` of each of `people`; each opening recorded.

    Who is not visible in the open window is absent; who has no address has an empty one.
    `concealed` gives values that may be shown and kept: masked contact details, hidden traits.

    :raises PurposeRequired: no window is open
    :raises VaultKeyMissing: a key-encryption key is not in the keyring
    """
    variables = [BY_KEY[key] for key in keys]
    languages = _languages(people, tuple(written_in))
    show = vault.open_masked if concealed else vault.open
    opened = show(languages, _fields(variables, address_field), actor=actor)
    opened.stop_if_keys_are_missing()
    traits = _traits(languages, variables)
    return {
        person: Personal(
            language,
            opened.get(person, {}).get(address_field, ""),
            _written(
                variables, opened.get(person, {}), traits.get(person, {}), language, zone, concealed
            ),
        )
        for person, language in languages.items()
    }


def _languages(people: Collection[UUID], written_in: tuple[str, ...]) -> dict[UUID, str]:
    with database.cursor() as sql:
        sql.execute(
            "SELECT subject_id, language FROM profiles_profile WHERE subject_id = ANY(%s::uuid[])",
            [list(people)],
        )
        return {person: language_of(spoken, written_in) for person, spoken in sql.fetchall()}


def _fields(variables: Collection[Variable], address_field: str) -> list[str]:
    wanted = {each.stored_as for each in variables if each.origin is Origin.VAULT}
    return sorted(wanted | {address_field} if address_field else wanted)


def _traits(
    people: Collection[UUID], variables: Collection[Variable]
) -> dict[UUID, dict[str, Any]]:
    wanted = sorted({each.stored_as for each in variables if each.origin is Origin.TRAIT})
    found: dict[UUID, dict[str, Any]] = {}
    if not wanted:
        return found
    with database.cursor() as sql:
        sql.execute(
            """SELECT subject_id, key, number, text, items, at FROM profiles_computedtrait
               WHERE subject_id = ANY(%s::uuid[]) AND key = ANY(%s)""",
            [list(people), wanted],
        )
        for person, key, *columns in sql.fetchall():
            value = next((column for column in columns if column is not None), None)
            if value is not None:
                found.setdefault(person, {})[key] = value
    return found


def _written(
    variables: Collection[Variable],
    opened: Mapping[str, str],
    traits: Mapping[str, Any],
    language: str,
    zone: ZoneInfo,
    concealed: bool,
) -> dict[str, str]:
    out: dict[str, str] = {}
    for each in variables:
        value: Any = (opened if each.origin is Origin.VAULT else traits).get(each.stored_as)
        if value is None or value == "" or each.origin is Origin.WORKSPACE:
            continue
        if concealed and each.origin is Origin.TRAIT:
            out[each.key] = HIDDEN
            continue
        shown = _labeled(each, value, language)
        out[each.key] = write(shown, each.shape, language=language, zone=zone)
    return out


def _labeled(variable: Variable, value: Any, language: str) -> Any:
    """Return a coded value's name in the reader's language, such as an RFM group's."""
    definition = DEFINITIONS.get(variable.stored_as)
    if variable.origin is not Origin.TRAIT or definition is None or not definition.choices:
        return value
    label = definition.choices.get(str(value), {})
    return label.get(language, label.get("en", value))
