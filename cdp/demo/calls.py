"""The shape that every tracking call of the demo shares. Pure."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_DNS, "complete-journey.candor.example")
SAMPLE = {"library": {"name": "complete-journey", "version": "0.1.0"}}
GENERATED = {"library": {"name": "candor-demo", "version": "1"}, "generated": True}

Call = dict[str, Any]
"""One Segment-compatible call, ready for JSON."""


def user_id(household: int) -> str:
    """Return the external id under which every source of the demo knows `household`."""
    return f"hh-{household}"


def key(name: str) -> UUID:
    """Return the stable messageId for `name`, so that loading twice changes nothing."""
    return uuid5(NAMESPACE, name)


def stamp(at: datetime, *, shift_days: int) -> str:
    """Return `at` (aware, UTC, as recorded), moved by whole days, in RFC 3339 form."""
    return f"{at + timedelta(days=shift_days):%Y-%m-%dT%H:%M:%SZ}"


def identify(
    household: int, *, name: str, at: str, traits: dict[str, Any], context: dict[str, Any]
) -> Call:
    """Return an identify call; `name` becomes the key and `at` is a finished time stamp."""
    return {
        "type": "identify",
        "messageId": str(key(name)),
        "userId": user_id(household),
        "timestamp": at,
        "traits": traits,
        "context": context,
    }


def track(
    event: str,
    household: int,
    *,
    name: str,
    at: str,
    properties: dict[str, Any],
    context: dict[str, Any],
) -> Call:
    """Return a track call; `name` becomes the key and `at` is a finished time stamp."""
    return {
        "type": "track",
        "event": event,
        "messageId": str(key(name)),
        "userId": user_id(household),
        "timestamp": at,
        "properties": properties,
        "context": context,
    }
