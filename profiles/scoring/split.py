"""Split examples by time: learn from the past, correct on what came next, test the rest. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from cdp.kernel.errors import CdpError


class NoTimeSplit(CdpError):
    """All examples lie at too few instants to keep a later part for the test."""

    code = "no_time_split"


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Row masks, each shape (n,), and where the parts begin (UTC)."""

    train: NDArray[np.bool_]
    calibrate: NDArray[np.bool_]
    test: NDArray[np.bool_]
    calibrate_from: datetime
    test_from: datetime


def split_by_time(
    at: NDArray[np.float64], *, test_share: float = 0.35, calibrate_share: float = 0.2
) -> TimeSplit:
    """
    Return the split of examples at `at` (n,), seconds since 1970, nearest to the wanted shares.

    One instant is never cut in two, so that one campaign lies in one part.

    :raises NoTimeSplit: fewer than three distinct instants
    """
    instants = np.unique(at)
    if len(instants) < 3:
        raise NoTimeSplit("Learn from at least three campaigns at different times.")
    test_from = _nearest(at, instants[2:], share=test_share, before=np.inf)
    earlier = instants[(instants > instants[0]) & (instants < test_from)]
    calibrate_from = _nearest(at, earlier, share=calibrate_share, before=test_from)
    return TimeSplit(
        train=at < calibrate_from,
        calibrate=(at >= calibrate_from) & (at < test_from),
        test=at >= test_from,
        calibrate_from=datetime.fromtimestamp(calibrate_from, UTC),
        test_from=datetime.fromtimestamp(test_from, UTC),
    )


def _nearest(
    at: NDArray[np.float64], candidates: NDArray[np.float64], *, share: float, before: float
) -> float:
    """Return the candidate from which on, up to `before`, lies a part nearest to `share`."""
    parts = np.array([np.mean((at >= start) & (at < before)) for start in candidates])
    return float(candidates[np.argmin(np.abs(parts - share))])
