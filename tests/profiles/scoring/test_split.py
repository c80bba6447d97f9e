"""Time split: the past teaches, the later tests."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from profiles.scoring.split import NoTimeSplit, TimeSplit, split_by_time

moments = lists(integers(0, 30), min_size=4).filter(lambda at: len(set(at)) >= 4)


def parts(split: TimeSplit) -> list[np.ndarray]:
    return [split.train, split.calibrate, split.confirm, split.test]


def test_the_parts_come_near_the_wanted_shares() -> None:
    split = split_by_time(np.repeat(np.arange(20.0), 10))

    assert [part.sum() for part in parts(split)] == [50, 40, 40, 70]


@given(at=moments)
def test_every_row_is_in_one_part_and_the_parts_follow_each_other(at: list[int]) -> None:
    moments = np.array(at, dtype=np.float64)

    split = split_by_time(moments)

    found = [moments[part] for part in parts(split)]
    assert sum(len(part) for part in found) == len(at)
    assert all(len(part) for part in found)
    assert all(one.max() < after.min() for one, after in pairwise(found))
    assert split.test_from.timestamp() == found[3].min()
    assert split.calibrate_from.timestamp() == found[1].min()


def test_three_campaigns_cannot_be_split_in_four() -> None:
    with pytest.raises(NoTimeSplit) as refusal:
        split_by_time(np.array([1.0, 1.0, 2.0, 3.0]))

    assert refusal.value.code == "no_time_split"
