"""
Showing part of a value: enough to recognize one's own, too little to reach anybody. Pure.

A mask never has the true length, and what cannot be read is hidden whole.
Source: console reference, part 2.7, “Masked values”.
"""

import re
import unicodedata
from collections.abc import Callable

import phonenumbers

HIDDEN = "***"
_CITY = re.compile(r"(?:[^\W\d]{2,8}(?:省|自治区))?[^\W\d]{1,10}?市")
_POSTAL_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{1,9}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FEWEST_HIDDEN_DIGITS = 4


def email(value: str) -> str:
    """Return `a***@example.com`."""
    local, _, domain = value.strip().rpartition("@")
    return f"{local[:1]}***@{domain}" if local and domain else HIDDEN


def phone(value: str, region: str | None = None) -> str:
    """Return the number without its middle: `+86 138****2211`; at least four digits are hidden."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", value), region)
    except phonenumbers.NumberParseException:
        return HIDDEN
    if not phonenumbers.is_possible_number(number):
        return HIDDEN
    digits = phonenumbers.national_significant_number(number)
    tail = 4 if len(digits) >= 10 else 2
    head = min(3, len(digits) - tail - _FEWEST_HIDDEN_DIGITS)
    if head < 0:
        return f"+{number.country_code} ****"
    return f"+{number.country_code} {digits[:head]}****{digits[-tail:]}"


def name(value: str) -> str:
    """Return `M*** L*`, of a name in Chinese, Japanese or Korean the first sign: `李*`."""
    parts = value.split()
    if not parts:
        return HIDDEN
    if _is_east_asian(parts[0][0]):
        return f"{parts[0][0]}*"
    first, *others = parts
    return " ".join([f"{first[0]}***", *(f"{last[0]}*" for last in others[-1:])])


def address(value: str) -> str:
    """Return city and what is above it, where they can be told from street and house."""
    if told := _CITY.match(value.strip()):
        return f"{told[0]}***"
    match [part.strip() for part in value.split(",")]:
        case [_, *_, city, state, code, country] if (
            _COUNTRY.fullmatch(country)
            and _POSTAL_CODE.fullmatch(code.upper())
            and not re.search(r"\d", city + state)
        ):
            return f"{HIDDEN}, {city}, {state}, {country}"
    return HIDDEN


def date(value: str) -> str:
    """Return the year: `1984-**-**`."""
    return f"{value[:4]}-**-**" if _DATE.match(value) else HIDDEN


def document(value: str) -> str:
    """Return the last two signs of a document's number: `***42`."""
    text = value.strip()
    return f"{HIDDEN}{text[-2:]}" if len(text) >= 6 else HIDDEN


def device(value: str) -> str:
    """Return the first four signs of a device's or network's address: `203.***`."""
    text = value.strip()
    return f"{text[:4]}{HIDDEN}" if len(text) >= 7 else HIDDEN


def _is_east_asian(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA"))


# By name: a value and the workspace's region (ISO 3166, or None) to what may be shown.
MASKS: dict[str, Callable[[str, str | None], str]] = {
    "email": lambda value, _: email(value),
    "phone": phone,
    "name": lambda value, _: name(value),
    "address": lambda value, _: address(value),
    "date": lambda value, _: date(value),
    "document": lambda value, _: document(value),
    "device": lambda value, _: device(value),
}
