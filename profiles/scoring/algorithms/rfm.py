"""
Recency, frequency and money: scores of 1 to 5 by quantile, and eight cells by mean. Pure.

Recency is in days since the last purchase, frequency in orders, money in minor units. Ties stay
together, so groups are unequal. Source: intelligence reference, part 1.4.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from profiles.traits.definitions import CELLS

Floats = NDArray[np.float64]

QUANTILES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Cuts:
    """What a person is compared with: four cut points and the mean, each for r, f and m."""

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    money: tuple[float, ...]
    means: tuple[float, float, float]
    people: int

    def as_json(self) -> dict[str, Any]:
        """Return what a model version keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the cuts that a model version kept."""
        recency, frequency, money = (
            tuple(kept[name]) for name in ("recency", "frequency", "money")
        )
        first, second, third = kept["means"]
        return cls(recency, frequency, money, (first, second, third), kept["people"])


@dataclass(frozen=True, slots=True)
class Standing:
    """One person among all: scores of 1 to 5 and the cell."""

    r: int
    f: int
    m: int
    cell: str

    @property
    def number(self) -> int:
        """Return the scores as one number, such as 543."""
        return self.r * 100 + self.f * 10 + self.m


def find_cuts(recency: Floats, frequency: Floats, money: Floats) -> Cuts:
    """
    Return cut points and means of a population, each input shape (n,), n at least 1.

    :raises ValueError: nobody
    """
    if not len(recency):
        raise ValueError("RFM needs at least one person.")
    columns = (recency, frequency, money)
    recency_cuts, frequency_cuts, money_cuts = (
        tuple(np.quantile(column, QUANTILES).tolist()) for column in columns
    )
    r, f, m = (float(column.mean()) for column in columns)
    return Cuts(recency_cuts, frequency_cuts, money_cuts, (r, f, m), len(recency))


def place(cuts: Cuts, *, recency: float, frequency: float, money: float) -> Standing:
    """Return where one person stands; a cut point itself belongs to the group below."""
    good = (recency <= cuts.means[0], frequency > cuts.means[1], money > cuts.means[2])
    return Standing(
        r=6 - quantile_score(recency, cuts.recency),
        f=quantile_score(frequency, cuts.frequency),
        m=quantile_score(money, cuts.money),
        cell=CELLS[good],
    )


def quantile_score(value: float, cuts: tuple[float, ...]) -> int:
    """Return 1 plus the number of cut points strictly below `value`."""
    return 1 + sum(cut < value for cut in cuts)
