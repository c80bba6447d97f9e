"""
How often somebody may try: counters in Valkey under keyed digests, never under an address.

A window is fixed: it begins with the first try and ends for good after its length. Where Valkey
does not answer, nobody gets through: a sign-in that cannot be counted is not a sign-in.
Source: OWASP ASVS 5.0 6.3.1; figures in the hardening reference, part 4.3.
"""

from dataclasses import dataclass
from datetime import timedelta

import redis

from cdp.kernel import crypto, keyring, valkey
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use


class TooManyTries(CdpError):
    """A limit is reached; `seconds` says when the next try counts."""

    code = "too_many_tries"

    def __init__(self, *, seconds: int) -> None:
        super().__init__("Too many tries. Wait a few minutes and try again.", seconds=seconds)
        self.seconds = seconds


class TriesUncounted(CdpError):
    """Valkey does not answer, so tries cannot be counted."""

    code = "tries_uncounted"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries per `window` and key."""

    name: str
    most: int
    window: timedelta


LINK_PER_ADDRESS = Limit("link.address", 3, timedelta(minutes=10))
LINK_PER_CLIENT = Limit("link.client", 20, timedelta(hours=1))
CODE_PER_CLIENT = Limit("code.client", 15, timedelta(minutes=5))
OPERATOR_FAILURES = Limit("operator.failures", 5, timedelta(minutes=15))
OPERATOR_PER_CLIENT = Limit("operator.client", 30, timedelta(minutes=1))
PROOFS = Limit("operator.proofs", 5, timedelta(minutes=5))
REVEALS_PER_CUSTOMER = Limit("reveal.customer", 60, timedelta(hours=1))


def count(limit: Limit, *parts: str | bytes) -> bool:
    """
    Count one try of whom `parts` name and return whether it is within the limit.

    :raises TriesUncounted: Valkey does not answer
    """
    key = _key(limit, *parts)
    try:
        pipe = valkey.live().pipeline(transaction=True)
        pipe.incr(key)
        pipe.expire(key, int(limit.window.total_seconds()), nx=True)
        tries = int(pipe.execute()[0])
    except redis.RedisError:
        raise _uncounted() from None
    return tries <= limit.most


def spend(limit: Limit, *parts: str | bytes) -> None:
    """
    Count one try and refuse it when it is one too many.

    :raises TooManyTries: the limit is reached
    :raises TriesUncounted: Valkey does not answer
    """
    if not count(limit, *parts):
        raise TooManyTries(seconds=seconds_left(limit, *parts))


def spent(limit: Limit, *parts: str | bytes) -> bool:
    """
    Return whether all tries are used up; counts nothing.

    :raises TriesUncounted: Valkey does not answer
    """
    try:
        tries = int(valkey.live().get(_key(limit, *parts)) or 0)
    except redis.RedisError:
        raise _uncounted() from None
    return tries >= limit.most


def seconds_left(limit: Limit, *parts: str | bytes) -> int:
    """
    Return how long the current window still lasts, at least one second.

    :raises TriesUncounted: Valkey does not answer
    """
    try:
        return max(1, int(valkey.live().ttl(_key(limit, *parts))))
    except redis.RedisError:
        raise _uncounted() from None


def forgive(limit: Limit, *parts: str | bytes) -> None:
    """
    Forget the tries counted so far, after a success.

    :raises TriesUncounted: Valkey does not answer
    """
    try:
        valkey.live().delete(_key(limit, *parts))
    except redis.RedisError:
        raise _uncounted() from None


def _uncounted() -> TriesUncounted:
    return TriesUncounted("Signing in is paused: start Valkey, or try again in a minute.")


def _key(limit: Limit, *parts: str | bytes) -> str:
    secret = keyring.current().active(Use.TOKEN).material
    whom = crypto.keyed_digest(secret, crypto.lp("limit", limit.name, *parts))
    return f"limit:{limit.name}:{whom.hex()}"
