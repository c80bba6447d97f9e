"""Time split: the past teaches, the later tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists

from profiles.scoring.split import NoTimeSplit, split_by_time

moments = lists(integers(0, 30), min_size=3).filter(lambda at: len(set(at)) >= 3)


def test_the_parts_come_near_the_wanted_shares() -> None:
    split = split_by_time(np.repeat(np.arange(20.0), 10))

    assert (split.train.sum(), split.calibrate.sum(), split.test.sum()) == (90, 40, 70)


@given(at=moments)
def test_every_row_is_in_one_part_and_the_parts_follow_each_other(at: list[int]) -> None:
    moments = np.array(at, dtype=np.float64)

    split = split_by_time(moments)

    parts = [moments[split.train], moments[split.calibrate], moments[split.test]]
    assert sum(len(part) for part in parts) == len(at)
    assert all(len(part) for part in parts)
    assert parts[0].max() < parts[1].min()
    assert parts[1].max() < parts[2].min()


def test_two_campaigns_cannot_be_split_in_three() -> None:
    with pytest.raises(NoTimeSplit) as refusal:
        split_by_time(np.array([1.0, 1.0, 2.0]))

    assert refusal.value.code == "no_time_split"
