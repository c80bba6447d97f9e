"""
Whether probabilities come true, and how to make them. Pure.

Source: Platt 1999, "Probabilistic outputs for support vector machines"; Naeini et al. 2015 for the
expected calibration error.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
SHOWN_FROM = 20  # a rate of fewer people is not shown
FEWEST_POSITIVES = 20
PARAMETERS = 2


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """A correction of log-odds: `slope · log-odds + intercept`."""

    slope: float = 1.0
    intercept: float = 0.0

    def correct(self, log_odds: Floats) -> Floats:
        """Return corrected log-odds."""
        return self.slope * log_odds + self.intercept


def probability(log_odds: Floats) -> Floats:
    """Return probabilities 0..1, without overflow at any input."""
    half: Floats = np.tanh(log_odds / 2)
    return (1 + half) / 2


def fit_sigmoid(log_odds: Floats, labels: Floats, *, steps: int = 60) -> Sigmoid:
    """
    Return the sigmoid that makes `log_odds` (n,) fit `labels` (n,) of 0.0 and 1.0 best.

    Newton's method on the two parameters, with Platt's softened labels, so that perfect separation
    stays finite.
    """
    yes = float(labels.sum())
    no = len(labels) - yes
    wanted = np.where(labels > 0, (yes + 1) / (yes + 2), 1 / (no + 2))
    design = np.column_stack((log_odds, np.ones_like(log_odds)))
    parameters = np.array([1.0, np.log((yes + 1) / (no + 1)) - float(log_odds.mean())])
    for _ in range(steps):
        expected = probability(design @ parameters)
        gradient = design.T @ (expected - wanted)
        weight = np.maximum(expected * (1 - expected), 1e-12)
        curvature = design.T @ (design * weight[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        parameters = parameters - step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-10:
            break
    return Sigmoid(slope=float(parameters[0]), intercept=float(parameters[1]))


def choose_sigmoid(log_odds: Floats, labels: Floats) -> tuple[Sigmoid, str | None]:
    """
    Return a sigmoid and None, or no correction and the reason.

    `log_odds` must come from models that saw only what was before each row. The correction has to
    explain the outcomes better by more than its two parameters would by chance.

    Source: Akaike 1974, "A new look at the statistical model identification".
    """
    yes = int(labels.sum())
    if yes < FEWEST_POSITIVES or len(labels) - yes < FEWEST_POSITIVES:
        return Sigmoid(), "calibration_too_few"
    found = fit_sigmoid(log_odds, labels)
    gain = log_loss(log_odds, labels) - log_loss(found.correct(log_odds), labels)
    if gain * len(labels) <= PARAMETERS:
        return Sigmoid(), "calibration_no_gain"
    return (found, None) if found.slope > 0 else (Sigmoid(), "calibration_reverses_order")


def log_loss(log_odds: Floats, labels: Floats) -> float:
    """Return the mean negative log-likelihood in nats."""
    return float(np.mean(np.logaddexp(0, log_odds) - labels * log_odds))


def expected_error(p: Floats, labels: Floats) -> float:
    """Return the expected calibration error: mean gap of rate and probability over ten bins."""
    place = _bin_of(p)
    gaps = np.abs(np.bincount(place, weights=labels - p, minlength=BINS))
    return float(gaps.sum() / len(p))


def base_uncertainty(log_odds: Floats) -> float:
    """Return the standard error, in log-odds, of a level found on rows with these `log_odds`."""
    p = probability(log_odds)
    return float(1 / np.sqrt(np.maximum((p * (1 - p)).sum(), 1e-9)))


def error_by_chance(
    p: Floats, *, uncertainty: float, seed: int, draws: int = 400, quantile: float = 0.99
) -> float:
    """
    Return the calibration error that a truthful model exceeds in 1 of 100 samples of rows like `p`.

    `uncertainty` is that of the level the model was corrected to, in log-odds.
    """
    random = np.random.default_rng(seed)
    log_odds = np.log(np.clip(p, 1e-12, 1 - 1e-12)) - np.log1p(-np.clip(p, 1e-12, 1 - 1e-12))
    drawn = []
    for _ in range(draws):
        truth = probability(log_odds + uncertainty * random.normal())
        drawn.append(expected_error(p, (random.random(len(p)) < truth).astype(np.float64)))
    return float(np.quantile(drawn, quantile))


def reliability(p: Floats, labels: Floats) -> list[dict[str, Any]]:
    """Return {low, high, people, mean_p, rate} per bin; small bins say `too_few` instead."""
    place, table = _bin_of(p), []
    for number in range(BINS):
        here = place == number
        people = int(here.sum())
        row: dict[str, Any] = {"low": number / BINS, "high": (number + 1) / BINS}
        if people >= SHOWN_FROM:
            shares = {"mean_p": float(p[here].mean()), "rate": float(labels[here].mean())}
            table.append({**row, "people": people, **shares})
        else:
            table.append({**row, "people": None, "mean_p": None, "rate": None, "reason": "too_few"})
    return table


def _bin_of(p: Floats) -> NDArray[np.int64]:
    return np.minimum((p * BINS).astype(np.int64), BINS - 1)
