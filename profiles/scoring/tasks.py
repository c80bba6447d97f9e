"""Training and scoring as job runs, and the verbs that start them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction

from audit.actors import Actor
from cdp.kernel import clock, database, jobs, workspaces
from cdp.kernel.models import JobRun
from profiles.scoring import registry, versions
from profiles.scoring.registry import Model, RfmModel
from profiles.scoring.score import score
from profiles.scoring.train import PHASES, train

SCHEDULE = Actor.system("schedule")


def start_training(
    model: str,
    *,
    actor: Actor,
    mapping: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    scheduled_for: datetime | None = None,
) -> JobRun:
    """
    Start a job run that trains `model`; if the version goes live, scoring starts by itself.

    :raises UnknownModel: there is none of this name
    :raises MappingRefused: `mapping` does not fit
    :raises AlreadyScheduled: this tick of the schedule has its run
    """
    found = registry.find(model, mapping=mapping)
    run = jobs.start(
        f"train_{model}",
        actor=actor,
        params={"model": model, "mapping": dict(mapping or {}), "as_of": _text(as_of)},
        purpose=found.train_purpose,
        total=len(PHASES),
        scheduled_for=scheduled_for,
    )
    _enqueue(train_model, run)
    return run


def start_scoring(
    model: str,
    *,
    actor: Actor,
    group: str | None = None,
    as_of: datetime | None = None,
    scheduled_for: datetime | None = None,
) -> JobRun:
    """
    Start a job run that scores everybody who permits it with the live version of `model`.

    :raises UnknownModel: there is none of this name
    :raises AlreadyScheduled: this tick of the schedule has its run
    """
    found = registry.find(model)
    run = jobs.start(
        f"score_{model}",
        actor=actor,
        params={"model": model, "group": group, "as_of": _text(as_of)},
        purpose=found.score_purpose,
        scheduled_for=scheduled_for,
    )
    _enqueue(score_people, run)
    return run


@shared_task(acks_late=True, reject_on_worker_lost=True)
def train_model(*, run_id: str, workspace_id: str) -> None:
    """Train one model; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        try:
            with jobs.running(UUID(run_id)) as run:
                model = registry.find(run.params["model"], mapping=run.params["mapping"])
                version = train(
                    model,
                    as_of=_as_of(run.params),
                    actor=_actor(run),
                    job=run.id,
                    advance=run.advance,
                )
                run.advance(done=len(PHASES))
                is_live = version.stage == version.Stage.LIVE
                run.finish(model=model.name, number=version.number, is_live=is_live)
                if is_live:
                    start_scoring(model.name, actor=_actor(run))
        except jobs.AlreadyRunning:
            return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def score_people(*, run_id: str, workspace_id: str) -> None:
    """Score everybody with one model; a second copy finds the run taken and ends."""
    with database.in_workspace(UUID(workspace_id)):
        try:
            with jobs.running(UUID(run_id)) as run:
                model = registry.find(run.params["model"])
                as_of, actor = _as_of(run.params), _actor(run)
                if isinstance(model, RfmModel):
                    train(model, as_of=as_of, actor=actor, job=run.id)
                scored = score(
                    model,
                    as_of=as_of,
                    actor=actor,
                    job=run.id,
                    group=run.params.get("group"),
                    advance=run.advance,
                )
                run.finish(model=model.name, scored=scored.count, skipped=scored.skipped)
        except jobs.AlreadyRunning:
            return


@shared_task(acks_late=True, reject_on_worker_lost=True)
def train_due() -> None:
    """Start this month's training of each learning model, once, in every workspace."""
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            for model in registry.MODELS.values():
                if not isinstance(model, RfmModel):
                    _once(partial(start_training, model.name), due_at=month)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def score_due() -> None:
    """Start today's scoring with each model that can score, once, in every workspace."""
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            for model in registry.MODELS.values():
                if _can_score(model):
                    _once(partial(start_scoring, model.name), due_at=day)


def _can_score(model: Model) -> bool:
    return isinstance(model, RfmModel) or versions.find_live(model.name) is not None


def _once(start: Any, *, due_at: datetime) -> None:
    try:
        start(actor=SCHEDULE, scheduled_for=due_at)
    except jobs.AlreadyScheduled:
        return


def _enqueue(task: Any, run: JobRun) -> None:
    """Wake a worker once the run is committed; if the broker is lost, the run stays queued."""
    arguments = {"run_id": str(run.id), "workspace_id": str(database.current_workspace())}
    transaction.on_commit(partial(task.delay, **arguments), using=database.alias())


def _actor(run: jobs.RunningJob) -> Actor:
    return Actor.job(run.kind, run.id)


def _as_of(params: Mapping[str, Any]) -> datetime:
    text = params.get("as_of")
    return datetime.fromisoformat(text) if text else clock.now()


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
