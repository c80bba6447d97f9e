"""
What a benchmark found, as numbers and as text. Pure.

A ratio is the candidate's time over the reference's, round by round: 1 is as fast as the limit, 2
takes twice its time, less than 1 is faster. Times by themselves are shown for information; they
belong to one machine and one moment.
"""

import statistics
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100
_STEPS = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s"))


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range of one number over the rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against one reference; seconds for one `unit`, a number a round."""

    area: str
    candidate: str
    reference: str
    unit: str
    size: str
    means: str
    candidate_s: Sequence[float]
    reference_s: Sequence[float]

    @property
    def ratio(self) -> Spread:
        """Return how many times the reference's time the candidate takes."""
        pairs = zip(self.candidate_s, self.reference_s, strict=True)
        return spread(ours / theirs for ours, theirs in pairs)


def spread(numbers: Iterable[float]) -> Spread:
    """Return median, least and greatest of some numbers, at least one."""
    found = sorted(numbers)
    return Spread(statistics.median(found), found[0], found[-1])


def document(comparisons: Iterable[Comparison], **facts: Any) -> dict[str, Any]:
    """Return everything as plain values; `facts` says what the run stood on."""
    return {
        **facts,
        "comparisons": [
            {
                "area": each.area,
                "candidate": each.candidate,
                "reference": each.reference,
                "unit": each.unit,
                "size": each.size,
                "means": each.means,
                "rounds": len(each.candidate_s),
                "ratio": _rounded(each.ratio),
                "candidate_s": _rounded(spread(each.candidate_s)),
                "reference_s": _rounded(spread(each.reference_s)),
            }
            for each in comparisons
        ],
    }


def table(comparisons: Iterable[Comparison]) -> str:
    """Return the comparisons as text, grouped by area."""
    lines: list[str] = []
    area = ""
    for each in comparisons:
        if each.area != area:
            area = each.area
            lines += ["", area.upper()]
        lines += _entry(each)
    return "\n".join(lines)


def _entry(found: Comparison) -> list[str]:
    ratio = found.ratio
    means = f"{found.size}. {found.means}"
    return [
        f"  ×{ratio.median:.2f}  ({ratio.low:.2f} to {ratio.high:.2f})  "
        f"{found.candidate} : {found.reference}",
        f"      {pace(found.candidate_s)} : {pace(found.reference_s)} per {found.unit}",
        *textwrap.wrap(means, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6),
    ]


def pace(seconds: Sequence[float]) -> str:
    """Return the median as a time for one unit and as units a second."""
    median = spread(seconds).median
    factor, unit = next((times, unit) for below, times, unit in _STEPS if median < below)
    return f"{median * factor:.3g} {unit} ({1 / median:,.0f}/s)"


def _rounded(of: Spread) -> dict[str, float]:
    return {name: float(f"{getattr(of, name):.4g}") for name in ("median", "low", "high")}
