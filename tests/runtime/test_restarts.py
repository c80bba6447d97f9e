"""When a process that ended is started again."""

from hypothesis import given
from hypothesis import strategies as st

from cdp.runtime.restarts import CRASH_LIMIT, CRASH_SPAN_S, delay_before_restart


def test_the_first_end_is_followed_by_a_short_wait() -> None:
    assert delay_before_restart([100.0], now=100.0) == 0.5


def test_each_end_within_a_minute_doubles_the_wait_up_to_a_limit() -> None:
    ends = [100.0, 101.0, 103.0, 107.0, 115.0]

    waits = [delay_before_restart(ends[: n + 1], now=ends[n]) for n in range(len(ends))]

    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_the_sixth_end_within_a_minute_is_one_too_many() -> None:
    assert delay_before_restart([100.0 + n for n in range(6)], now=105.0) is None


def test_ends_of_long_ago_are_forgiven() -> None:
    assert delay_before_restart([1.0, 2.0, 3.0, 4.0, 5.0, 400.0], now=400.0) == 0.5


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30).map(sorted))
def test_it_gives_up_exactly_when_the_last_minute_held_too_many(
    ends: list[float],
) -> None:
    now = ends[-1]

    gave_up = delay_before_restart(ends, now=now) is None

    assert gave_up == (len([end for end in ends if end > now - CRASH_SPAN_S]) >= CRASH_LIMIT)
