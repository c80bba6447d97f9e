"""Recency, frequency and money: quantile scores and the eight cells."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, randoms, tuples

from profiles.scoring.algorithms.rfm import CELLS, Cuts, find_cuts, place, quantile_score
from tests.profiles.scoring.sample import read_baskets

people = lists(tuples(integers(0, 60), integers(1, 30), integers(0, 5_000)), min_size=1)


def columns(rows: list[tuple[int, int, int]]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]


def test_the_worked_example_of_the_reference() -> None:
    values = np.array([1, 2, 2, 2, 5, 7, 9, 9, 10, 12], dtype=np.float64)

    cuts = find_cuts(values, values, values).frequency

    assert cuts == pytest.approx((2, 3.8, 7.8, 9.2))
    assert [quantile_score(value, cuts) for value in values] == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5]


def cut_by_counting(values: list[int], tenths: int) -> float:
    """Linear interpolation between order statistics, from the definition, by sorting."""
    ranked = sorted(values)
    position = tenths * (len(ranked) - 1) / 10
    below = int(position)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (position - below) * (ranked[above] - ranked[below])


@given(rows=people)
def test_scores_and_cells_equal_those_counted_by_hand(rows: list[tuple[int, int, int]]) -> None:
    cuts = find_cuts(*columns(rows))

    for r, f, m in rows:
        standing = place(cuts, recency=r, frequency=f, money=m)

        scores = []
        for column, value in enumerate((r, f, m)):
            found = [cut_by_counting([row[column] for row in rows], t) for t in (2, 4, 6, 8)]
            scores.append(1 + sum(value - cut > 1e-9 for cut in found))
        assert abs(standing.r - (6 - scores[0])) <= near_a_cut(r, cuts.recency)
        assert abs(standing.f - scores[1]) <= near_a_cut(f, cuts.frequency)
        assert abs(standing.m - scores[2]) <= near_a_cut(m, cuts.money)
        is_good = (
            r * len(rows) <= sum(row[0] for row in rows),
            f * len(rows) > sum(row[1] for row in rows),
            m * len(rows) > sum(row[2] for row in rows),
        )
        assert standing.cell == CELLS[is_good]


def near_a_cut(value: float, cuts: tuple[float, ...]) -> int:
    """Where rounding alone may decide, one step either way is right."""
    return 4 if any(0 < abs(value - cut) < 1e-9 for cut in cuts) else 0


@given(rows=people, random=randoms())
def test_the_order_of_people_does_not_matter(rows: list[tuple[int, int, int]], random) -> None:
    shuffled = random.sample(rows, len(rows))

    assert find_cuts(*columns(shuffled)).frequency == find_cuts(*columns(rows)).frequency


@given(rows=people)
def test_more_of_the_good_never_lowers_a_score(rows: list[tuple[int, int, int]]) -> None:
    cuts = find_cuts(*columns(rows))
    r, f, m = rows[0]

    before = place(cuts, recency=r, frequency=f, money=m)
    after = place(cuts, recency=r - 1, frequency=f + 1, money=m + 1)

    assert (after.r, after.f, after.m) >= (before.r, before.f, before.m)
    assert after.r >= before.r
    assert after.f >= before.f
    assert after.m >= before.m


def test_cuts_survive_being_kept_as_json() -> None:
    cuts = find_cuts(*columns([(1, 2, 3), (9, 1, 40), (3, 8, 12)]))

    assert Cuts.from_json({**cuts.as_json(), "recency": list(cuts.recency)}) == cuts


def test_nobody_has_no_cuts() -> None:
    nobody = np.array([], dtype=np.float64)

    with pytest.raises(ValueError, match="at least one"):
        find_cuts(nobody, nobody, nobody)


@pytest.mark.slow
def test_the_sample_gives_the_figures_of_the_reference() -> None:
    as_of = datetime(2017, 7, 1, tzinfo=UTC)
    baskets = read_baskets()
    before = baskets.at < as_of.timestamp()
    households, place_of = np.unique(baskets.households[before], return_inverse=True)
    frequency = np.bincount(place_of).astype(np.float64)
    money = np.bincount(place_of, weights=baskets.spend_minor[before])
    last = np.zeros(len(households), dtype=np.int64)
    np.maximum.at(last, place_of, baskets.at[before])
    recency = (as_of.timestamp() // 86_400 - last // 86_400).astype(np.float64)

    cuts = find_cuts(recency, frequency, money)

    assert len(households) == 2_393
    assert frequency.sum() == 76_895
    assert money.sum() == 224_918_820
    assert cuts.recency == (2, 5, 9, 22)
    assert cuts.frequency == (8, 16, 28, 47)
    assert cuts.money == pytest.approx((17_226.4, 42_392, 81_721.2, 151_157.6))
    numbers = [
        place(cuts, recency=r, frequency=f, money=m).number
        for r, f, m in zip(recency, frequency, money, strict=True)
    ]
    sizes = [[sum(n // unit % 10 == score for n in numbers) for score in range(1, 6)]
             for unit in (100, 10, 1)]  # fmt: skip
    assert sizes == [
        [477, 470, 350, 479, 617],
        [528, 455, 475, 461, 474],
        [479, 478, 479, 478, 479],
    ]
    assert numbers.count(555) == 187
    assert numbers.count(111) == 240
    known = dict(zip(households.tolist(), numbers, strict=True))
    assert (known[7], known[13], known[1500]) == (224, 555, 132)
