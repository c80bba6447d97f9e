"""Model versions: register a trained result, make it live, open its artifact. The only writer."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Max

from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from profiles.scoring.models import ModelVersion

LIVE, RETIRED = ModelVersion.Stage.LIVE, ModelVersion.Stage.RETIRED


class NoLiveVersion(CdpError):
    """No version of this model is live."""

    code = "no_live_version"


class ArtifactTampered(CdpError):
    """A stored artifact is not the one that was registered."""

    code = "artifact_tampered"


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to, before it has a number."""

    as_of: datetime
    purposes: Sequence[str]
    people: Collection[UUID]
    features: Sequence[str]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    artifact: Mapping[str, Any] | None = None
    seed: int = 0


def register(model: str, trained: Trained, *, actor: Actor, job: UUID | None) -> ModelVersion:
    """Keep a trained result as the next candidate; of its people, only a digest is kept."""
    packed = None if trained.artifact is None else pack(trained.artifact)
    with database.atomic():
        last = ModelVersion.objects.filter(model=model).aggregate(last=Max("number"))["last"]
        version = ModelVersion.objects.create(
            model=model,
            number=(last or 0) + 1,
            job_id=job,
            as_of=trained.as_of,
            purposes=list(trained.purposes),
            people=len(set(trained.people)),
            people_digest=digest(trained.people),
            features=list(trained.features),
            parameters=dict(trained.parameters),
            metrics=dict(trained.metrics),
            seed=trained.seed,
            artifact=packed,
            artifact_sha256=None if packed is None else sha256(packed).digest(),
        )
        record(actor, "model.train", obj=_name(version), detail={"people": version.people})
    return version


def promote(version: ModelVersion, *, actor: Actor) -> ModelVersion:
    """Make `version` the live one and retire the former in one transaction; safe to repeat."""
    with database.atomic():
        former = ModelVersion.objects.filter(model=version.model, stage=LIVE).exclude(pk=version.pk)
        former.update(stage=RETIRED)
        ModelVersion.objects.filter(pk=version.pk).update(stage=LIVE)
        record(actor, "model.promote", obj=_name(version))
    version.stage = LIVE
    return version


def find_live(model: str) -> ModelVersion | None:
    """Return the live version of `model`, if there is one."""
    return ModelVersion.objects.filter(model=model, stage=LIVE).first()


def live(model: str) -> ModelVersion:
    """
    Return the live version of `model`.

    :raises NoLiveVersion: none was trained, or none passed its gates
    """
    version = find_live(model)
    if version is None:
        raise NoLiveVersion("Train this model first; a version goes live when it passes its gates.")
    return version


def newest(model: str, *, limit: int = 20) -> list[ModelVersion]:
    """Return the newest versions of `model`, without their artifacts."""
    return list(
        ModelVersion.objects.filter(model=model).defer("artifact").order_by("-number")[:limit]
    )


def pack(artifact: Mapping[str, Any]) -> bytes:
    """Return an artifact as bytes: JSON, which runs no code when it is read."""
    return json.dumps(artifact, sort_keys=True, allow_nan=False).encode()


def unpack(version: ModelVersion) -> dict[str, Any]:
    """
    Return the artifact of `version`.

    :raises ArtifactTampered: its bytes are not those that were registered
    """
    packed = bytes(version.artifact or b"")
    if not packed or sha256(packed).digest() != bytes(version.artifact_sha256 or b""):
        raise ArtifactTampered("Train this model again: its stored artifact was altered.")
    artifact: dict[str, Any] = json.loads(packed)
    return artifact


def digest(people: Collection[UUID]) -> bytes:
    """Return SHA-256 of the distinct ids in order: it proves a list without holding it. Pure."""
    return sha256(b"".join(each.bytes for each in sorted(set(people)))).digest()


def _name(version: ModelVersion) -> str:
    return f"model:{version.model}/{version.number}"
