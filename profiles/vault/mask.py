"""Showing part of a value: enough to recognize one's own, too little to reach anybody. Pure."""

from collections.abc import Callable


def email(value: str) -> str:
    """Return `a***@example.com`."""
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}***@{domain}"


def phone(value: str) -> str:
    """Return the number without its middle four digits: `+86138****2211`."""
    if len(value) < 9:
        return "*" * len(value)
    return f"{value[:-8]}****{value[-4:]}"


def name(value: str) -> str:
    """Return the first letter of each part; of a Chinese name all but the family name hidden."""
    parts = value.split()
    if len(parts) > 1 or value.isascii():
        return " ".join(part[:1] + "***" for part in parts)
    return value[:1] + "*" * max(1, len(value) - 1)


def address(value: str) -> str:
    """Return nothing but that there is one."""
    return "***"


def date(value: str) -> str:
    """Return the year: `1984-**-**`."""
    return f"{value[:4]}-**-**"


MASKS: dict[str, Callable[[str], str]] = {
    "email": email,
    "phone": phone,
    "name": name,
    "address": address,
    "date": date,
}
