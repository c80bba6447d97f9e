"""
What in a call is personal: by its name, or by what it looks like. Pure.

Everything found here is kept under the person's own key; the rest may stand in the clear.
"""

import re
from collections.abc import Mapping
from typing import Any

from profiles.vault.fields import BY_WIRE_NAME

_PUNCTUATION = str.maketrans("", "", "_- ")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"^\+?[\d\s().-]{8,20}$")
_NUMBER_NAMES = ("phone", "mobile", "tel")
_BESIDE_THE_VAULT = (
    "username fullname surname emailaddress phonenumber mobilenumber telephone ip ipaddress "
    "street street2 address1 address2 zip zipcode postalcode postcode latitude longitude lat "
    "lng ssn passport iban cardnumber deviceid advertisingid token password useragent "
    "dateofbirth"
)


def _bare(name: str) -> str:
    return name.lower().translate(_PUNCTUATION)


# Names that are personal wherever they stand in a call.
# Compared without case and punctuation: “First-Name”, “firstName” and “first_name” are one.
PERSONAL_NAMES = frozenset(map(_bare, BY_WIRE_NAME)) | frozenset(_BESIDE_THE_VAULT.split())


def looks_personal(name: str, text: str) -> bool:
    """Say whether a text, under the name that it has, reads like an address or a phone number."""
    if "@" in text and _ADDRESS.search(text):
        return True
    if text.startswith("+") or name.lower().endswith(_NUMBER_NAMES):
        return bool(_PHONE.match(text))
    return False


def without_personal(properties: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the properties without personal values, and whether any were taken out."""
    kept = _scrubbed(properties)
    return kept, kept is not properties


def _names_personal(key: str) -> bool:
    """Say whether a name stands for a personal value, or is one itself."""
    return _bare(key) in PERSONAL_NAMES or looks_personal("", key)


def _scrubbed(holder: dict[str, Any]) -> dict[str, Any]:
    """Return `holder` itself if nothing in it is personal, else a copy without what is."""
    changes: dict[str, Any] = {}
    gone: list[str] = []
    for key, value in holder.items():
        if _names_personal(key) and not _is_thing(holder, key):
            gone.append(key)
            continue
        if isinstance(value, str):
            if looks_personal(key, value):
                gone.append(key)
        elif isinstance(value, int):
            if looks_personal(key, str(value)):
                gone.append(key)
        elif isinstance(value, dict):
            if (inner := _scrubbed(value)) is not value:
                changes[key] = inner
        elif isinstance(value, list) and (cleaned := _scrubbed_list(key, value)) is not value:
            changes[key] = cleaned
    if not changes and not gone:
        return holder
    return {key: changes.get(key, value) for key, value in holder.items() if key not in gone}


def _scrubbed_list(name: str, values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if isinstance(value, dict):
            kept.append(_scrubbed(value))
        elif isinstance(value, list):
            kept.append(_scrubbed_list(name, value))
        elif isinstance(value, str) and looks_personal(name, value):
            kept.append(None)
        else:
            kept.append(value)
    same = all(one is other for one, other in zip(kept, values, strict=True))
    return values if same else kept


def _is_thing(holder: Mapping[str, Any], key: str) -> bool:
    """Say whether a “name” is a product's, not a person's."""
    return key == "name" and ("product_id" in holder or "sku" in holder)
