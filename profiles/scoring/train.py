"""
Train a model under its training purpose, and let it live if it passes its gates.

Only people who permit the purpose are read: whoever refuses is not learned from. What is kept of
them is coefficients and a digest.
"""

from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, assert_never
from uuid import UUID

import numpy as np

from audit.actors import Actor
from consent.window import purpose
from profiles.scoring import examples, features, registry, versions
from profiles.scoring.examples import Labeled
from profiles.scoring.judge import Lessons, TooFewExamples, Verdict, judge
from profiles.scoring.models import ModelVersion
from profiles.scoring.progress import Advance, unseen
from profiles.scoring.registry import Model, ResponseModel, RfmModel
from profiles.scoring.versions import Trained
from profiles.traits import place

SEED = 7
PHASES = ("read", "learn", "keep")


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
    advance(done=0, total=len(PHASES), phase=PHASES[0])
    match model:
        case ResponseModel():
            trained, passed = _learn(
                model, as_of=as_of, actor=actor, job=job, seed=seed, advance=advance
            )
        case RfmModel():
            trained, passed = _find_cuts(model, as_of=as_of, actor=actor, job=job), True
        case _:
            assert_never(model)
    advance(done=2, phase=PHASES[2])
    version = versions.register(model.name, trained, actor=actor, job=job)
    return versions.promote(version, actor=actor) if passed else version


def _learn(
    model: ResponseModel,
    *,
    as_of: datetime,
    actor: Actor,
    job: UUID | None,
    seed: int,
    advance: Advance,
) -> tuple[Trained, bool]:
    labeled, lessons = _read(model, as_of=as_of, actor=actor, job=job)
    advance(done=1, phase=PHASES[1])
    algorithm = registry.load(model)
    inputs = [*features.NAMES, algorithm.GROUP]
    verdict = judge(
        algorithm,
        lessons,
        simple=features.SIMPLE,
        ece_limit=model.ece_limit,
        seed=seed,
        live=_live_model(model, algorithm, inputs),
    )
    trained = Trained(
        as_of=as_of,
        purposes=[model.train_purpose],
        people=[contact.subject for contact in labeled.contacts],
        features=inputs,
        parameters=_parameters(model, lessons, verdict, skipped=labeled.skipped),
        metrics=verdict.metrics,
        artifact=verdict.fitted.as_json(),
        seed=seed,
    )
    return trained, verdict.passed


def _read(
    model: ResponseModel, *, as_of: datetime, actor: Actor, job: UUID | None
) -> tuple[Labeled, Lessons]:
    """Read contacts, outcomes and features in one window; plain values come out of it."""
    with purpose(model.train_purpose, actor=actor, job=job) as using:
        labeled = examples.read(model.mapping, as_of=as_of)
        subjects = [contact.subject for contact in labeled.contacts]
        moments = [contact.at for contact in labeled.contacts]
        where = place.here()
        numbers = features.compute(subjects, moments, mapping=model.mapping, where=where)
        using.doing("train", people=len(set(subjects)), ref=f"model:{model.name}")
    numbering = {subject: number for number, subject in enumerate(dict.fromkeys(subjects))}
    lessons = Lessons(
        names=features.NAMES,
        numbers=numbers,
        groups=np.array([contact.group for contact in labeled.contacts], dtype=np.str_),
        labels=np.array(labeled.answered, dtype=np.float64),
        people=np.array([numbering[subject] for subject in subjects], dtype=np.int64),
        at=np.array([moment.timestamp() for moment in moments], dtype=np.float64),
    )
    return labeled, lessons


def _live_model(model: ResponseModel, algorithm: ModuleType, inputs: list[str]) -> Any:
    """Return the live version as it predicts, if it reads the same features."""
    version = versions.find_live(model.name)
    if version is None or version.features != inputs:
        return None
    return algorithm.Fitted.from_json(versions.unpack(version))


def _parameters(
    model: ResponseModel, lessons: Lessons, verdict: Verdict, *, skipped: dict[str, int]
) -> dict[str, Any]:
    """Return what scoring needs to read and to say the same as training did."""
    learned = ~verdict.split.test
    base_rate = float(lessons.labels[learned].mean())
    groups, counts = np.unique(lessons.groups[learned], return_counts=True)
    return {
        "mapping": model.mapping.as_json(),
        "base_rate": base_rate,
        "bands": {"high": min(2 * base_rate, 1.0), "low": base_rate / 2},
        "next_group": str(groups[np.argmax(counts)]),
        "calibrate_from": verdict.split.calibrate_from.isoformat(),
        "test_from": verdict.split.test_from.isoformat(),
        "skipped": skipped,
        "warnings": list(verdict.fitted.warnings),
    }


def _find_cuts(model: RfmModel, *, as_of: datetime, actor: Actor, job: UUID | None) -> Trained:
    algorithm = registry.load(model)
    window = timedelta(days=model.window_days)
    with purpose(model.train_purpose, actor=actor, job=job) as using:
        found = features.behavior(None, as_of=as_of, window=window, where=place.here())
        using.doing("train", people=len(found.subjects), ref=f"model:{model.name}")
    if not found.subjects:
        raise TooFewExamples("Nobody in sight bought anything in this time window.")
    columns = (found.recency_days, found.frequency, found.money_minor)
    cuts = algorithm.find_cuts(*(np.array(column, dtype=np.float64) for column in columns))
    return Trained(
        as_of=as_of,
        purposes=[model.train_purpose],
        people=found.subjects,
        features=["recency_days", "frequency", "money_minor"],
        parameters={"window_days": model.window_days, "cuts": cuts.as_json()},
        metrics={"people": len(found.subjects)},
    )
