"""Valkey: the broker in database 0, live state that can be rebuilt in database 1."""

from functools import cache

import redis
from django.conf import settings

BROKER, LIVE = 0, 1


def address(database: int) -> str:
    """Return the URL of one numbered database, for a TCP or a socket address."""
    base: str = settings.VALKEY_URL
    if base.startswith("unix:"):
        separator = "&" if "?" in base else "?"
        return f"{base}{separator}db={database}"
    return f"{base.rstrip('/')}/{database}"


@cache
def live() -> "redis.Redis":
    """Return the client for live state."""
    return redis.Redis.from_url(address(LIVE), socket_timeout=5, socket_connect_timeout=2)


@cache
def quick() -> "redis.Redis":
    """Return a client for what a request can do without: it waits a quarter of a second."""
    return redis.Redis.from_url(address(LIVE), socket_timeout=0.25, socket_connect_timeout=0.25)
