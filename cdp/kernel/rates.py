"""
How fast somebody may ask: a bucket in Valkey under a keyed digest, that refills all the time.

A bucket holds `most` requests and refills within `period`. Where Valkey does not answer, requests
pass and a log line says so: these rates keep a flood off; who may come in is decided elsewhere,
and a lost cache must not cost an event or an answer. (Sign-ins are counted by
`cdp.accounts.limits`, which closes.) After a failure a process asks again only after a while, so
that a Valkey that hangs does not hold up every request.
Source: generic cell rate algorithm, ITU-T I.371; draft-ietf-httpapi-ratelimit-headers-03 (names).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import redis

from cdp.kernel import clock, crypto, keyring, valkey
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use
from cdp.kernel.logging import logger

PAUSE = timedelta(seconds=10)
# KEYS[1] the bucket; ARGV: now, time for one request, period, all in ms. The value is the moment
# at which the bucket will be full again. Returns whether it passed and that moment.
_TAKE = """
local now, each, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local passed = full_at + each - now <= period
if passed then
  full_at = full_at + each
  redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', math.ceil(full_at - now) + 1)
end
return {passed and 1 or 0, string.format('%.3f', full_at)}
"""


class TooFast(CdpError):
    """The bucket is empty; `verdict.retry_seconds` says when it holds one request again."""

    code = "too_many_requests"

    def __init__(self, verdict: "Verdict") -> None:
        super().__init__(
            "Too many requests. Wait as long as Retry-After says.", seconds=verdict.retry_seconds
        )
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Rate:
    """`most` requests at once, refilled within `period`; 0 counts nothing."""

    name: str
    most: int
    period: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bucket says about one request."""

    passed: bool
    most: int
    remaining: int
    full_seconds: int
    retry_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """Return what an answer tells about its bucket."""
        told = {
            "RateLimit-Limit": str(self.most),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.full_seconds),
        }
        return told if self.passed else told | {"Retry-After": str(self.retry_seconds)}


class _Silence:
    """When this process asks Valkey again after it did not answer."""

    until: datetime | None = None


def take(rate: Rate, *parts: str | bytes) -> Verdict | None:
    """Take one request of whom `parts` name out of the bucket; None where nothing is counted."""
    now = clock.now()
    if rate.most <= 0 or (_Silence.until is not None and now < _Silence.until):
        return None
    period = rate.period.total_seconds() * 1000
    each = period / rate.most
    at = now.timestamp() * 1000
    try:
        passed, text = valkey.quick().eval(_TAKE, 1, _bucket(rate, *parts), at, each, period)
    except redis.RedisError:
        _Silence.until = now + PAUSE
        logger().warning("rates.uncounted", rate=rate.name)
        return None
    _Silence.until = None
    ahead = float(text) - at
    return Verdict(
        passed=bool(passed),
        most=rate.most,
        remaining=max(0, int((period - ahead + 0.5) // each)),
        full_seconds=-int(-ahead // 1000),
        retry_seconds=0 if passed else max(1, -int(-(ahead + each - period) // 1000)),
    )


def spend(rate: Rate, *parts: str | bytes) -> Verdict | None:
    """
    Take one request and refuse it where the bucket is empty.

    :raises TooFast: it is
    """
    verdict = take(rate, *parts)
    if verdict is not None and not verdict.passed:
        raise TooFast(verdict)
    return verdict


def _bucket(rate: Rate, *parts: str | bytes) -> str:
    secret = keyring.current().active(Use.TOKEN).material
    whom = crypto.keyed_digest(secret, crypto.lp("rate", rate.name, *parts))
    return f"rate:{rate.name}:{whom.hex()}"
