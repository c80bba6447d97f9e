"""
Learn from the earlier contacts, correct on the next, judge on the latest. Pure.

The test part is touched once; beside the model stand a constant and a two-feature model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdp.kernel.errors import CdpError
from profiles.scoring import evaluate
from profiles.scoring.calibrate import Floats, base_uncertainty, choose_sigmoid
from profiles.scoring.split import TimeSplit, split_by_time

FEWEST_ROWS = 100
FEWEST_ANSWERS = 20


class TooFewExamples(CdpError):
    """There is too little to learn from."""

    code = "too_few_examples"


@dataclass(frozen=True, slots=True)
class Lessons:
    """
    What there is to learn from, one position a contact.

    `numbers` (n, k) as `names` and `groups` (n,) at the moment `at` (n,), seconds since 1970;
    `labels` (n,) of 0.0 and 1.0; `people` (n,) numbers the persons from 0.
    """

    names: tuple[str, ...]
    numbers: Floats
    groups: NDArray[np.str_]
    labels: Floats
    people: NDArray[np.int64]
    at: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fitted model, its figures on the test, and how the contacts were split."""

    fitted: Any
    metrics: dict[str, Any]
    split: TimeSplit

    @property
    def passed(self) -> bool:
        """Say whether every gate holds."""
        return all(self.metrics["gates"].values())


def judge(
    algorithm: ModuleType,
    lessons: Lessons,
    *,
    simple: str,
    ece_limit: float,
    seed: int,
    live: Any = None,
) -> Verdict:
    """
    Return a model of `lessons` and its figures.

    `simple` names the number that, with the group, makes the two-feature model; `live` is the
    model now in use, if it reads the same.

    :raises TooFewExamples: under 100 contacts or 20 answers, or one outcome only at first
    :raises NoTimeSplit: fewer than three moments
    """
    labels, answers = lessons.labels, int(lessons.labels.sum())
    if len(labels) < FEWEST_ROWS or answers < FEWEST_ANSWERS:
        raise TooFewExamples(
            f"Learning needs {FEWEST_ROWS} finished contacts and {FEWEST_ANSWERS} answers.",
            contacts=len(labels),
            answers=answers,
        )
    split = split_by_time(lessons.at)
    fitted, warning, uncertainty = _fit(algorithm, lessons, split, names=lessons.names)
    plain, _, _ = _fit(algorithm, lessons, split, names=(simple,))
    _, people = np.unique(lessons.people[split.test], return_inverse=True)
    trial = evaluate.Trial(labels[split.test], people.astype(np.int64))
    test = _examples(algorithm, lessons, lessons.names).take(split.test)
    p = algorithm.predict(fitted, test)
    p_plain = algorithm.predict(plain, _examples(algorithm, lessons, (simple,)).take(split.test))
    constant = np.full(len(p), float(labels[~split.test].mean()))
    loaded = algorithm.Fitted.from_json(fitted.as_json())
    leaks = evaluate.suspect_leaks(lessons.numbers, labels, lessons.names)
    figures = evaluate.measure(p, trial, uncertainty=uncertainty, seed=seed)
    gates = evaluate.gate(
        figures,
        constant_gap=evaluate.brier_gap(p, constant, trial),
        simple_gap=evaluate.brier_gap(p, p_plain, trial),
        live_auc=None
        if live is None
        else evaluate.auc(algorithm.predict(live, test), trial.labels),
        leaks=leaks,
        ece_limit=ece_limit,
        same_after_loading=bool(np.array_equal(algorithm.predict(loaded, test), p)),
    )
    baseline = {
        "base_rate": {"brier": evaluate.brier(constant, trial.labels)},
        "two_features": {
            "auc": evaluate.auc(p_plain, trial.labels),
            "brier": evaluate.brier(p_plain, trial.labels),
        },
    }
    metrics = {
        **figures,
        "gates": gates,
        "baseline": baseline,
        "leak_suspects": leaks,
        "calibration": warning or "sigmoid",
        "trained_rows": int((~split.test).sum()),
        "calibrated_rows": int((split.calibrate | split.confirm).sum()),
    }
    return Verdict(fitted, metrics, split)


def _examples(algorithm: ModuleType, lessons: Lessons, names: Sequence[str]) -> Any:
    columns = [lessons.names.index(name) for name in names]
    return algorithm.Examples(lessons.numbers[:, columns], lessons.groups)


def _fit(
    algorithm: ModuleType, lessons: Lessons, split: TimeSplit, *, names: tuple[str, ...]
) -> tuple[Any, str | None, float]:
    """
    Return a corrected model of everything before the test, why it is not corrected, if it is not,
    and how uncertain its level is, in log-odds.

    The correction is fitted on two later periods, each predicted by a model of what was before it.
    """
    rows, labels = _examples(algorithm, lessons, names), lessons.labels

    def fit(part: NDArray[np.bool_]) -> Any:
        return algorithm.fit(rows.take(part), labels[part], features=names)

    periods = ((split.train, split.calibrate), (split.train | split.calibrate, split.confirm))
    try:
        raw = [algorithm.log_odds(fit(past), rows.take(later)) for past, later in periods]
        fitted = fit(~split.test)
    except algorithm.OneClassOnly:
        raise TooFewExamples("The earlier contacts all had the same outcome.") from None
    later_odds = np.concatenate(raw)
    outcomes = np.concatenate([labels[later] for _, later in periods])
    sigmoid, warning = choose_sigmoid(later_odds, outcomes)
    return fitted.calibrated(sigmoid), warning, base_uncertainty(sigmoid.correct(later_odds))
