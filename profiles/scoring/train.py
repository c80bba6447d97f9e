"""
Train a model under its training purpose, test it on later data, and let it live if it is good.

Only people who permit the purpose are read: whoever refuses is not learned from. What is kept of
them is coefficients and a digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, assert_never
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from audit.actors import Actor
from cdp.kernel.errors import CdpError
from consent.window import purpose
from profiles.scoring import evaluate, examples, features, registry, versions
from profiles.scoring.calibrate import Floats, choose_sigmoid
from profiles.scoring.examples import Contact
from profiles.scoring.models import ModelVersion
from profiles.scoring.progress import Advance, unseen
from profiles.scoring.registry import Model, ResponseModel, RfmModel
from profiles.scoring.split import TimeSplit, split_by_time
from profiles.scoring.versions import Trained

FEWEST_ROWS = 100
FEWEST_POSITIVES = 20
SEED = 7
SIMPLE = "responses_before"  # with the group, the two-feature model that must be matched
PHASES = ("read", "learn", "test", "keep")


class TooFewExamples(CdpError):
    """There is too little to learn from."""

    code = "too_few_examples"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What was read: one position a contact; `people` numbers each row's person from 0."""

    contacts: Sequence[Contact]
    numbers: Floats
    labels: Floats
    people: NDArray[np.int64]
    skipped: dict[str, int]

    @property
    def at(self) -> Floats:
        """Return the moment of each contact in seconds since 1970."""
        return np.array([contact.at.timestamp() for contact in self.contacts])

    @property
    def groups(self) -> NDArray[np.str_]:
        """Return the group of each contact."""
        return np.array([contact.group for contact in self.contacts], dtype=np.str_)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fitted model, its figures on the test, and the mixture it was fitted on."""

    fitted: Any
    metrics: dict[str, Any]
    split: TimeSplit


def train(
    model: Model,
    *,
    as_of: datetime,
    actor: Actor,
    job: UUID | None = None,
    seed: int = SEED,
    advance: Advance = unseen,
) -> ModelVersion:
    """
    Train `model` on what was known at `as_of`; the version goes live if it passes every gate.

    :raises TooFewExamples: fewer than 100 finished contacts or 20 answers; nobody, for RFM
    :raises NoTimeSplit: all contacts at fewer than three moments
    """
    match model:
        case ResponseModel():
            trained, passed = _learn_response(
                model, as_of=as_of, actor=actor, job=job, seed=seed, advance=advance
            )
        case RfmModel():
            trained, passed = _find_cuts(model, as_of=as_of, actor=actor, job=job), True
        case _:
            assert_never(model)
    advance(done=len(PHASES) - 1, total=len(PHASES), phase=PHASES[-1])
    version = versions.register(model.name, trained, actor=actor, job=job)
    return versions.promote(version, actor=actor) if passed else version


def _learn_response(
    model: ResponseModel,
    *,
    as_of: datetime,
    actor: Actor,
    job: UUID | None,
    seed: int,
    advance: Advance,
) -> tuple[Trained, bool]:
    advance(done=0, total=len(PHASES), phase=PHASES[0])
    lessons = _read(model, as_of=as_of, actor=actor, job=job)
    advance(done=1, phase=PHASES[1])
    algorithm = registry.load(model)
    verdict = judge(algorithm, lessons, live=_live_model(model, algorithm), model=model, seed=seed)
    advance(done=2, phase=PHASES[2])
    learned = ~verdict.split.test
    groups, counts = np.unique(lessons.groups[learned], return_counts=True)
    base_rate = float(lessons.labels[learned].mean())
    trained = Trained(
        as_of=as_of,
        purposes=[model.train_purpose],
        people=[contact.subject for contact in lessons.contacts],
        features=[*features.NAMES, algorithm.GROUP],
        parameters={
            "mapping": model.mapping.as_json(),
            "base_rate": base_rate,
            "bands": {"high": min(2 * base_rate, 1.0), "low": base_rate / 2},
            "next_group": str(groups[np.argmax(counts)]),
            "calibrate_from": verdict.split.calibrate_from.isoformat(),
            "test_from": verdict.split.test_from.isoformat(),
            "skipped": lessons.skipped,
            "warnings": list(verdict.fitted.warnings),
        },
        metrics=verdict.metrics,
        artifact=verdict.fitted.as_json(),
        seed=seed,
    )
    return trained, all(verdict.metrics["gates"].values())


def _read(model: ResponseModel, *, as_of: datetime, actor: Actor, job: UUID | None) -> Lessons:
    """Read contacts, outcomes and features in one window; plain values come out of it."""
    with purpose(model.train_purpose, actor=actor, job=job) as using:
        labeled = examples.read(model.mapping, as_of=as_of)
        subjects = [contact.subject for contact in labeled.contacts]
        numbers = features.compute(
            subjects,
            [contact.at for contact in labeled.contacts],
            mapping=model.mapping,
            where=features.place(),
        )
        using.doing("train", people=len(set(subjects)), ref=f"model:{model.name}")
    labels = np.array(labeled.answered, dtype=np.float64)
    if len(labels) < FEWEST_ROWS or labels.sum() < FEWEST_POSITIVES:
        raise TooFewExamples(
            f"Learning needs {FEWEST_ROWS} finished contacts and {FEWEST_POSITIVES} answers.",
            contacts=len(labels),
            answers=int(labels.sum()),
        )
    numbering = {subject: number for number, subject in enumerate(dict.fromkeys(subjects))}
    people = np.array([numbering[subject] for subject in subjects], dtype=np.int64)
    return Lessons(labeled.contacts, numbers, labels, people, labeled.skipped)


def _live_model(model: ResponseModel, algorithm: ModuleType) -> Any:
    """Return the live version as it predicts, if it reads the same features."""
    version = versions.find_live(model.name)
    if version is None or version.features != [*features.NAMES, algorithm.GROUP]:
        return None
    return algorithm.Fitted.from_json(versions.unpack(version))


def judge(
    algorithm: ModuleType, lessons: Lessons, *, live: Any, model: ResponseModel, seed: int
) -> Verdict:
    """Fit on the earlier contacts and judge on the later ones; reads no database."""
    split = split_by_time(lessons.at)
    rows = algorithm.Examples(lessons.numbers, lessons.groups)
    half = np.random.default_rng(seed).random(int(lessons.people.max()) + 1) < 0.5
    fitted, warning = _fit(algorithm, rows, lessons, split, half[lessons.people])
    simple_column = features.NAMES.index(SIMPLE)
    simple_rows = algorithm.Examples(lessons.numbers[:, [simple_column]], lessons.groups)
    simple, _ = _fit(algorithm, simple_rows, lessons, split, half[lessons.people], names=(SIMPLE,))
    _, people = np.unique(lessons.people[split.test], return_inverse=True)
    trial = evaluate.Trial(lessons.labels[split.test], people)
    test = rows.take(split.test)
    p = algorithm.predict(fitted, test)
    p_simple = algorithm.predict(simple, simple_rows.take(split.test))
    constant = np.full(len(p), float(lessons.labels[~split.test].mean()))
    leaks = evaluate.suspect_leaks(lessons.numbers, lessons.labels, features.NAMES)
    loaded = algorithm.Fitted.from_json(fitted.as_json())
    figures = evaluate.measure(p, trial, seed=seed)
    figures["gates"] = evaluate.gate(
        figures,
        constant_brier=evaluate.brier(constant, trial.labels),
        simple_gap=evaluate.brier_gap(p, p_simple, trial),
        live_auc=None
        if live is None
        else evaluate.auc(algorithm.predict(live, test), trial.labels),
        leaks=leaks,
        ece_limit=model.ece_limit,
        same_after_loading=bool(np.array_equal(algorithm.predict(loaded, test), p)),
    )
    figures["baseline"] = {
        "base_rate": {"brier": evaluate.brier(constant, trial.labels)},
        "two_features": {
            "auc": evaluate.auc(p_simple, trial.labels),
            "brier": evaluate.brier(p_simple, trial.labels),
        },
    }
    figures["leak_suspects"] = [feature for feature, _ in leaks]
    figures["calibration"] = warning or "sigmoid"
    figures["trained_rows"] = int(split.train.sum())
    figures["calibrated_rows"] = int(split.calibrate.sum())
    return Verdict(fitted, figures, split)


def _fit(
    algorithm: ModuleType,
    rows: Any,
    lessons: Lessons,
    split: TimeSplit,
    half: NDArray[np.bool_],
    *,
    names: tuple[str, ...] = features.NAMES,
) -> tuple[Any, str | None]:
    """Return a model fitted on the first part and corrected on the second, or why it is not."""
    labels = lessons.labels
    try:
        fitted = algorithm.fit(rows.take(split.train), labels[split.train], features=names)
    except algorithm.OneClassOnly:
        raise TooFewExamples("The earlier contacts all had the same outcome.") from None
    raw = algorithm.log_odds(fitted, rows.take(split.calibrate))
    sigmoid, warning = choose_sigmoid(raw, labels[split.calibrate], half[split.calibrate])
    return fitted.calibrated(sigmoid), warning


def _find_cuts(model: RfmModel, *, as_of: datetime, actor: Actor, job: UUID | None) -> Trained:
    algorithm = registry.load(model)
    window = timedelta(days=model.window_days)
    with purpose(model.train_purpose, actor=actor, job=job) as using:
        found = features.behavior(None, as_of=as_of, window=window, where=features.place())
        using.doing("train", people=len(found.subjects), ref=f"model:{model.name}")
    if not found.subjects:
        raise TooFewExamples("Nobody in sight bought anything in this time window.")
    cuts = algorithm.find_cuts(
        np.array(found.recency_days, dtype=np.float64),
        np.array(found.frequency, dtype=np.float64),
        np.array(found.money_minor, dtype=np.float64),
    )
    return Trained(
        as_of=as_of,
        purposes=[model.train_purpose],
        people=found.subjects,
        features=["recency_days", "frequency", "money_minor"],
        parameters={"window_days": model.window_days, "cuts": cuts.as_json()},
        metrics={"people": len(found.subjects)},
    )
