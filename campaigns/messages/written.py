"""How a stored value reads in a message, by language. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.messages.fields import Shape

LANGUAGES = ("en", "zh-hans")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def language_of(spoken: str, written: Sequence[str]) -> str:
    """Return the one of the `written` languages that suits a person who reads `spoken`."""
    wanted = "zh-hans" if spoken.lower().startswith("zh") else spoken.lower().partition("-")[0]
    if wanted in written:
        return wanted
    return "en" if "en" in written else sorted(written)[0]


def write(value: object, shape: Shape, *, language: str, zone: ZoneInfo) -> str:
    """Return `value` as text; a `DAY` is the day in `zone`."""
    match shape:
        case Shape.DAY if isinstance(value, datetime):
            return _day(value.astimezone(zone), language)
        case Shape.NUMBER if isinstance(value, (int, float)):
            return f"{value:,.0f}"
        case Shape.TEXTS if isinstance(value, (list, tuple)):
            return ("、" if language == "zh-hans" else ", ").join(map(str, value))
        case _:
            return str(value)


def _day(at: datetime, language: str) -> str:
    if language == "zh-hans":
        return f"{at.year}年{at.month}月{at.day}日"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
