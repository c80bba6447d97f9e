"""When a process that ended is started again, and when it no longer is. Pure."""

from collections.abc import Sequence

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 8.0
CRASH_LIMIT = 6
CRASH_SPAN_S = 60.0


def delay_before_restart(ends: Sequence[float], *, now: float) -> float | None:
    """
    Return how many seconds to wait before the next start; None means give up.

    `ends` are the moments the process ended, oldest first, on the clock of `now`. Each end within
    the last minute doubles the wait; the sixth within a minute is one too many.
    """
    recent = sum(1 for end in ends if now - end < CRASH_SPAN_S)
    if recent >= CRASH_LIMIT:
        return None
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** max(recent - 1, 0))
