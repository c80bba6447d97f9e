"""Split examples by time: the past teaches, two later periods correct, the latest tests. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from cdp.kernel.errors import CdpError

TEST_SHARE = 0.35
PERIOD_SHARE = 0.2  # of each of the two periods that correct


class NoTimeSplit(CdpError):
    """All examples lie at too few instants to keep later periods apart."""

    code = "no_time_split"


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Row masks, each shape (n,), one after the other in time, and where the parts begin (UTC)."""

    train: NDArray[np.bool_]
    calibrate: NDArray[np.bool_]
    confirm: NDArray[np.bool_]
    test: NDArray[np.bool_]
    calibrate_from: datetime
    test_from: datetime


def split_by_time(at: NDArray[np.float64]) -> TimeSplit:
    """
    Return the split of examples at `at` (n,), seconds since 1970, nearest to the wanted shares.

    One instant is never cut in two, so that one campaign lies in one part.

    :raises NoTimeSplit: fewer than four distinct instants
    """
    instants = np.unique(at)
    if len(instants) < 4:
        raise NoTimeSplit("Learn from at least four campaigns at different times.")
    test = _nearest(at, instants[3:], share=TEST_SHARE, before=np.inf)
    earlier = instants[instants < test]
    confirm = _nearest(at, earlier[2:], share=PERIOD_SHARE, before=test)
    calibrate = _nearest(at, earlier[1:][earlier[1:] < confirm], share=PERIOD_SHARE, before=confirm)
    return TimeSplit(
        train=at < calibrate,
        calibrate=(at >= calibrate) & (at < confirm),
        confirm=(at >= confirm) & (at < test),
        test=at >= test,
        calibrate_from=datetime.fromtimestamp(calibrate, UTC),
        test_from=datetime.fromtimestamp(test, UTC),
    )


def _nearest(
    at: NDArray[np.float64], candidates: NDArray[np.float64], *, share: float, before: float
) -> float:
    """Return the candidate from which on, up to `before`, lies a part nearest to `share`."""
    parts = np.array([np.mean((at >= start) & (at < before)) for start in candidates])
    return float(candidates[np.argmin(np.abs(parts - share))])
