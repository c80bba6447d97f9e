"""Ways are run side by side, there and back, after one round that does not count."""

import pytest

from cdp.benchmarks.rounds import ProbeFailed, Way, must_agree, must_differ, race


def test_ways_take_turns_there_and_back() -> None:
    done: list[str] = []

    race(
        Way(lambda: done.append("a"), before=lambda: done.append("(")),
        Way(lambda: done.append("b"), after=lambda: done.append(")")),
        rounds=2,
        before=lambda: done.append("|"),
    )

    assert "".join(done) == "|(ab)|b)(a|(ab)"


def test_the_round_that_warms_up_is_not_counted() -> None:
    first, second = race(Way(int), Way(int), rounds=3)

    assert (len(first), len(second)) == (3, 3)


def test_a_time_is_that_of_one_unit() -> None:
    def work() -> int:
        return sum(range(200_000))

    whole, shared = race(Way(work), Way(work, units=1_000_000), rounds=3)

    assert max(shared) < min(whole)


def test_ways_that_do_different_work_are_not_compared() -> None:
    must_agree("count", [7, 7, 7])

    with pytest.raises(ProbeFailed) as failure:
        must_agree("count", [7, 7, 8])
    assert failure.value.code == "probe_failed"


def test_a_probe_that_would_show_anything_is_refused() -> None:
    must_differ("the filter", 7, 8)

    with pytest.raises(ProbeFailed):
        must_differ("the filter", 7, 7)
