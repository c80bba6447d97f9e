"""The only place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_stopped_at: ContextVar[datetime | None] = ContextVar("stopped_at", default=None)


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _stopped_at.get() or datetime.now(UTC)


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Hold the clock at `at` (aware) for the length of the block."""
    if at.tzinfo is None:
        raise ValueError("The clock takes aware datetimes only.")
    token = _stopped_at.set(at)
    try:
        yield
    finally:
        _stopped_at.reset(token)
