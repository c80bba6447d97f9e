"""When an event happened, by a client's clock that may be wrong. Pure. Source: interop 1.10."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

CLOCK_DEADBAND = timedelta(seconds=5)
EARLIEST, LATEST_YEAR = datetime(1900, 1, 1, tzinfo=UTC), 9999


def moment_of(
    call: Mapping[str, Any], sent_at: Any, received_at: datetime, flags: list[str]
) -> datetime:
    """Return the instant, a wrong clock corrected by what it said on sending; not after receipt."""
    said = _instant(call.get("timestamp")) or _instant(call.get("originalTimestamp"))
    if said is None:
        return received_at
    sent = _instant(call.get("sentAt")) or _instant(sent_at)
    if sent is not None and abs(received_at - sent) > CLOCK_DEADBAND:
        try:
            said = received_at - (sent - said)
        except OverflowError:  # a clock that is wrong by millennia says nothing
            said = EARLIEST - CLOCK_DEADBAND
        flags.append("clock_corrected")
    if said < EARLIEST or said > received_at:
        flags.append("clamped")
        return received_at
    return said


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    # a year 1 is how some languages write “no time”; in UTC, because the log's months are
    return aware.astimezone(UTC) if EARLIEST.year < aware.year < LATEST_YEAR else None
