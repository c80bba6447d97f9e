"""
How good a model's probabilities are, and whether it may go live. Pure.

Intervals are by person, not by row: one person's rows are drawn together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from profiles.scoring.calibrate import Floats, error_by_chance, expected_error, reliability

Places = NDArray[np.int64]

LEAK_AUC = 0.95
DRAWS = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """A test set: outcomes (n,) of 0.0 and 1.0, and which person (0, 1, …) each row is about."""

    labels: Floats
    people: Places


def auc(p: Floats, labels: Floats, weights: Floats | None = None) -> float | None:
    """Return the chance that a yes ranks above a no, ties half; None where one class is absent."""
    weights = np.ones_like(p) if weights is None else weights
    _, place = np.unique(p, return_inverse=True)
    yes = np.bincount(place, weights=weights * labels)
    no = np.bincount(place, weights=weights * (1 - labels))
    pairs = float(yes.sum() * no.sum())
    if not pairs:
        return None
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum()) / pairs


def brier(p: Floats, labels: Floats) -> float:
    """Return the mean squared distance of probability and outcome."""
    return float(np.mean((p - labels) ** 2))


def auc_interval(p: Floats, trial: Trial, *, seed: int) -> tuple[float, float, float] | None:
    """Return the bounds of the 95 % interval and the standard error, by drawing people."""
    random = np.random.default_rng(seed)
    people = int(trial.people.max()) + 1
    drawn = []
    for _ in range(DRAWS):
        often = np.bincount(random.integers(0, people, people), minlength=people)
        found = auc(p, trial.labels, often[trial.people].astype(np.float64))
        if found is not None:
            drawn.append(found)
    if len(drawn) < DRAWS // 2:
        return None
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high), float(np.std(drawn))


def brier_gap(p: Floats, other: Floats, trial: Trial) -> tuple[float, float]:
    """Return how much worse `p` is than `other` (negative: better), and its standard error."""
    gaps = (p - trial.labels) ** 2 - (other - trial.labels) ** 2
    mean = float(gaps.mean())
    by_person = np.bincount(trial.people, weights=gaps - mean)
    return mean, float(np.sqrt((by_person**2).sum())) / len(gaps)


def measure(p: Floats, trial: Trial, *, uncertainty: float, seed: int) -> dict[str, Any]:
    """
    Return the figures of one model on `trial`; undefined ones are None.

    `uncertainty` is that of the level the model was corrected to, in log-odds.
    """
    interval = auc_interval(p, trial, seed=seed)
    low, high, error = interval or (None, None, None)
    return {
        "rows": len(p),
        "people": int(trial.people.max()) + 1,
        "positives": int(trial.labels.sum()),
        "auc": auc(p, trial.labels),
        "auc_low": low,
        "auc_high": high,
        "auc_error": error,
        "brier": brier(p, trial.labels),
        "ece": expected_error(p, trial.labels),
        "ece_by_chance": error_by_chance(p, uncertainty=uncertainty, seed=seed),
        "mean_p": float(p.mean()),
        "base_rate": float(trial.labels.mean()),
        "reliability": reliability(p, trial.labels),
    }


def suspect_leaks(numbers: Floats, labels: Floats, features: tuple[str, ...]) -> list[str]:
    """Return the features that alone separate the outcomes too well to be true."""
    found = []
    for column, feature in enumerate(features):
        known = ~np.isnan(numbers[:, column])
        alone = auc(numbers[known, column], labels[known])
        if alone is not None and max(alone, 1 - alone) > LEAK_AUC:
            found.append(feature)
    return found


def gate(
    figures: Mapping[str, Any],
    *,
    constant_gap: tuple[float, float],
    simple_gap: tuple[float, float],
    live_auc: float | None,
    leaks: list[str],
    ece_limit: float,
    same_after_loading: bool,
) -> dict[str, bool]:
    """
    Return each condition for going live and whether it holds.

    A gap is how much worse the Brier score is than another model's, and its standard error: the
    constant must be beaten beyond luck, the simple model matched. Calibration may miss `ece_limit`
    only where chance alone would: few rows to
    correct on, or to test on.
    """
    own = figures["auc"]
    return {
        "beats_base_rate": constant_gap[0] + 2 * constant_gap[1] < 0,
        "beats_two_features": simple_gap[0] <= simple_gap[1],
        "not_worse_than_live": live_auc is None
        or (own is not None and own >= live_auc - (figures["auc_error"] or 0.0)),
        "calibrated": figures["ece"] <= max(ece_limit, figures["ece_by_chance"]),
        "no_leak": not leaks,
        "same_after_loading": same_after_loading,
    }
