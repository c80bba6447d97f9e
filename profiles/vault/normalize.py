"""
One spelling per identifier, so that equal addresses have equal blind indexes. Pure.

Source: RFC 5321, UTS #46 for domains, ITU-T E.164 for phone numbers. No dot or plus tricks: two
addresses that a provider may treat alike are still two addresses.
"""

import unicodedata
from collections.abc import Callable

import idna
import phonenumbers

from cdp.kernel.errors import CdpError

LONGEST = 255
_BLOCKED = frozenset(
    "null undefined none nan n/a void test unknown guest true false anonymous -1 "
    "[object object]".split(" ")
) | {"[object object]"}


class UnreadableEmail(CdpError):
    """Not an e-mail address."""

    code = "unreadable_email"


class UnreadablePhone(CdpError):
    """Not a possible phone number."""

    code = "unreadable_phone"


class UnusableIdentifier(CdpError):
    """A value that points to nobody: empty, too long, or a placeholder such as “null”."""

    code = "unusable_identifier"


def email(raw: str) -> str:
    """
    Return the address with a lower-case local part and its domain in ASCII.

    :raises UnreadableEmail: no or several “@”, an empty part, or a domain that cannot exist
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or "@" in local or " " in text or len(text) > LONGEST:
        raise UnreadableEmail("An e-mail address looks like name@example.com.")
    try:
        ascii_domain = idna.encode(domain.rstrip("."), uts46=True, transitional=False).decode()
    except idna.IDNAError:
        raise UnreadableEmail("The part after “@” is not a domain name.") from None
    return f"{local.lower()}@{ascii_domain.lower()}"


def phone(raw: str, *, region: str | None = None) -> str:
    """
    Return the number in E.164 form, such as +8613800138000; `region` (ISO 3166) fills a prefix in.

    :raises UnreadablePhone: not a possible number
    """
    text = unicodedata.normalize("NFKC", raw).strip()
    if region is None and text.startswith("00"):  # how most of the world dials abroad
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:  # its text may quote the number
        raise UnreadablePhone(
            "Add a country code, such as +49, or set the source's region."
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise UnreadablePhone("The number has too few or too many digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def external_id(raw: str) -> str:
    """
    Return the id composed (NFC) and stripped, its case kept.

    :raises UnusableIdentifier: empty, over 255 characters, or a placeholder
    """
    text = unicodedata.normalize("NFC", raw).strip()
    if not text or len(text) > LONGEST or not text.strip("0-") or text.casefold() in _BLOCKED:
        raise UnusableIdentifier("The id is empty, too long or a placeholder.")
    return text


def plain(raw: str) -> str:
    """Return the text composed (NFC) and stripped."""
    return unicodedata.normalize("NFC", raw).strip()


# By name: a text and the workspace's region (ISO 3166, or None) to its one spelling.
NORMALIZERS: dict[str, Callable[[str, str | None], str]] = {
    "email": lambda raw, _: email(raw),
    "phone": lambda raw, region: phone(raw, region=region),
    "external_id": lambda raw, _: external_id(raw),
    "plain": lambda raw, _: plain(raw),
}
