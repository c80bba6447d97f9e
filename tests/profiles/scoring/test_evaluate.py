"""Figures of a model and the gates before it goes live."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, integers, lists, tuples
from sklearn.metrics import roc_auc_score

from profiles.scoring.evaluate import (
    Trial,
    auc,
    auc_interval,
    brier_gap,
    gate,
    measure,
    suspect_leaks,
)

ranked = lists(tuples(integers(0, 8), booleans(), integers(0, 3)), min_size=1, max_size=40)


@given(rows=ranked)
def test_auc_equals_counting_every_weighted_pair(rows: list[tuple[int, bool, int]]) -> None:
    p = np.array([float(value) for value, _, _ in rows])
    labels = np.array([float(answered) for _, answered, _ in rows])
    weights = np.array([float(weight) for _, _, weight in rows])

    won = total = 0.0
    for value, answered, weight in rows:
        for other, other_answered, other_weight in rows:
            if answered and not other_answered:
                pairs = weight * other_weight
                total += pairs
                won += pairs * (value > other) + pairs * (value == other) / 2

    found = auc(p, labels, weights)
    assert found == (pytest.approx(won / total) if total else None)


def sample(seed: int, *, people: int = 200, rows: int = 800) -> tuple[np.ndarray, Trial]:
    random = np.random.default_rng(seed)
    p = random.random(rows)
    labels = (random.random(rows) < p).astype(np.float64)
    who = np.concatenate((np.arange(people), random.integers(0, people, rows - people)))
    return p, Trial(labels, who)


def test_the_figures_of_a_truthful_model() -> None:
    p, trial = sample(4)

    figures = measure(p, trial, uncertainty=0.0, seed=1)

    assert figures["auc"] == pytest.approx(roc_auc_score(trial.labels, p))
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]
    assert figures["ece"] <= figures["ece_by_chance"]
    assert (figures["rows"], figures["people"]) == (800, 200)


def test_repeating_every_row_of_a_person_adds_no_certainty() -> None:
    p, trial = sample(4)
    doubled = Trial(np.tile(trial.labels, 2), np.tile(trial.people, 2))

    once = auc_interval(p, trial, seed=1)
    twice = auc_interval(np.tile(p, 2), doubled, seed=1)

    assert once == pytest.approx(twice)


def test_the_gap_of_two_models_and_its_error_are_counted_by_person() -> None:
    p, trial = sample(4)
    other = np.full(len(p), 0.5)

    gap, error = brier_gap(p, other, trial)
    _, doubled_error = brier_gap(
        np.tile(p, 2), np.tile(other, 2), Trial(np.tile(trial.labels, 2), np.tile(trial.people, 2))
    )

    assert gap == pytest.approx(np.mean((p - trial.labels) ** 2) - 0.25)
    assert gap < -2 * error
    assert doubled_error == pytest.approx(error)


def test_a_column_made_by_the_outcome_is_suspected() -> None:
    random = np.random.default_rng(2)
    labels = (random.random(300) < 0.3).astype(np.float64)
    honest = random.random(300)
    honest[:10] = np.nan
    leaking = -labels + random.normal(0, 0.1, 300)

    found = suspect_leaks(np.column_stack((honest, leaking)), labels, ("honest", "leaking"))

    assert found == ["leaking"]


PASSING = {
    "figures": {"auc": 0.8, "auc_error": 0.01, "brier": 0.09, "ece": 0.03, "ece_by_chance": 0.02},
    "constant_gap": (-0.01, 0.004),
    "simple_gap": (-0.001, 0.0005),
    "live_auc": 0.805,
    "leaks": [],
    "ece_limit": 0.04,
    "same_after_loading": True,
}


def test_a_good_model_passes_every_gate() -> None:
    assert all(gate(**PASSING).values())


@pytest.mark.parametrize(
    ("closed", "change"),
    [
        ("beats_base_rate", {"constant_gap": (-0.01, 0.006)}),
        ("beats_two_features", {"simple_gap": (0.001, 0.0005)}),
        ("not_worse_than_live", {"live_auc": 0.82}),
        ("calibrated", {"ece_limit": 0.02}),
        ("no_leak", {"leaks": ["year_total"]}),
        ("same_after_loading", {"same_after_loading": False}),
    ],
)
def test_each_fault_closes_its_gate_alone(closed: str, change: dict) -> None:
    gates = gate(**{**PASSING, **change})

    assert [name for name, passes in gates.items() if not passes] == [closed]
