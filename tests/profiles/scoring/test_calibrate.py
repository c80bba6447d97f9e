"""Probabilities that come true, or are corrected until they do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, floats, lists, tuples
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from profiles.scoring.calibrate import (
    Sigmoid,
    base_uncertainty,
    choose_sigmoid,
    error_by_chance,
    expected_error,
    fit_sigmoid,
    log_loss,
    probability,
    reliability,
)

rows = lists(tuples(floats(0, 1), booleans()), min_size=1, max_size=60)


def simulate(*, people: int, slope: float, intercept: float, seed: int) -> tuple:
    """Return log-odds that are off by a known sigmoid, and outcomes."""
    random = np.random.default_rng(seed)
    log_odds = random.normal(-1, 1.5, people)
    chance = probability(slope * log_odds + intercept)
    labels = (random.random(people) < chance).astype(np.float64)
    return log_odds, labels


def test_a_known_distortion_is_found_and_corrected() -> None:
    log_odds, labels = simulate(people=20_000, slope=0.5, intercept=-1.0, seed=3)

    sigmoid, warning = choose_sigmoid(log_odds, labels)

    assert warning is None
    assert sigmoid.slope == pytest.approx(0.5, abs=0.05)
    assert sigmoid.intercept == pytest.approx(-1.0, abs=0.08)
    corrected = probability(sigmoid.correct(log_odds))
    assert expected_error(corrected, labels) < 0.015
    assert expected_error(probability(log_odds), labels) > 0.1


def test_the_sigmoid_equals_that_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    table = random.normal(size=(600, 3))
    labels = (random.random(600) < probability(table @ [1.0, -0.5, 0.2] - 1)).astype(np.float64)
    model = LogisticRegression().fit(table[:300], labels[:300])
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid")
    theirs.fit(table[300:], labels[300:])
    raw = model.decision_function(table[300:])

    ours = probability(fit_sigmoid(raw, labels[300:]).correct(raw))

    assert ours == pytest.approx(theirs.predict_proba(table[300:])[:, 1], abs=1e-3)


def test_good_probabilities_are_left_alone() -> None:
    log_odds, _ = simulate(people=400, slope=1.0, intercept=0.0, seed=11)
    expected = np.cumsum(probability(np.sort(log_odds)))  # answers exactly as often as expected
    labels = np.diff(np.floor(expected), prepend=0.0)[np.argsort(np.argsort(log_odds))]

    assert choose_sigmoid(log_odds, labels) == (Sigmoid(), "calibration_no_gain")


def test_a_handful_of_answers_corrects_nothing() -> None:
    log_odds, labels = simulate(people=60, slope=1.0, intercept=-3.0, seed=2)

    assert choose_sigmoid(log_odds, labels) == (Sigmoid(), "calibration_too_few")


def test_perfect_separation_stays_finite() -> None:
    log_odds = np.linspace(-4, 4, 80)

    sigmoid = fit_sigmoid(log_odds, (log_odds > 0).astype(np.float64))

    assert 0 < sigmoid.slope < 100


def test_extreme_log_odds_do_not_overflow() -> None:
    assert probability(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]
    assert log_loss(np.array([-1e4, 1e4]), np.array([0.0, 1.0])) == 0.0


@given(rows=rows)
def test_the_error_equals_that_of_ten_bins_by_hand(rows: list[tuple[float, bool]]) -> None:
    p = np.array([chance for chance, _ in rows])
    labels = np.array([float(answered) for _, answered in rows])

    gaps = 0.0
    for number in range(10):
        here = [pair for pair in rows if min(int(pair[0] * 10), 9) == number]
        gaps += abs(sum(chance - answered for chance, answered in here))

    assert expected_error(p, labels) == pytest.approx(gaps / len(rows), abs=1e-12)


def test_rates_of_fewer_than_twenty_people_are_not_shown() -> None:
    p = np.array([0.05] * 20 + [0.95] * 19)

    shown = reliability(p, np.zeros(39))

    assert (shown[0]["people"], shown[0]["rate"]) == (20, 0.0)
    assert (shown[9]["people"], shown[9]["rate"], shown[9]["reason"]) == (None, None, "too_few")


def test_small_samples_are_allowed_more_error_by_chance() -> None:
    small = error_by_chance(np.full(100, 0.2), uncertainty=0.0, seed=1)
    large = error_by_chance(np.full(10_000, 0.2), uncertainty=0.0, seed=1)

    assert small > 0.04 > large


def test_a_level_found_on_few_rows_is_allowed_more_error() -> None:
    p = np.full(10_000, 0.2)
    few = base_uncertainty(np.full(50, -1.386))
    many = base_uncertainty(np.full(5_000, -1.386))

    assert few == pytest.approx(10 * many)
    assert error_by_chance(p, uncertainty=few, seed=1) > 0.1
    assert error_by_chance(p, uncertainty=many, seed=1) < 0.02


def test_truthful_models_rarely_exceed_the_error_by_chance() -> None:
    random = np.random.default_rng(8)
    p = random.random(300) * 0.5
    limit = error_by_chance(p, uncertainty=0.0, seed=1)

    exceeded = sum(
        expected_error(p, (random.random(300) < p).astype(np.float64)) > limit for _ in range(400)
    )

    assert exceeded <= 16  # one in a hundred, give or take
