"""Models, their versions, and the scores they gave."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cdp.kernel.base import WorkspaceRecord
from cdp.kernel.protected import Category, DerivedRecord, OnClose, Protection
from cdp.kernel.roles import Role


class ModelVersion(WorkspaceRecord):
    """One trained, registered result of a model. Immutable but for its stage."""

    class Stage(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"

    model = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=9, choices=Stage, default=Stage.CANDIDATE)
    job_id = models.UUIDField(null=True)
    as_of = models.DateTimeField()
    purposes = models.JSONField(default=list)  # what training ran under
    people = models.BigIntegerField(default=0)
    people_digest = models.BinaryField(null=True)  # of the subjects trained on, never the list
    features = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    format = models.CharField(max_length=8, default="json")
    artifact = models.BinaryField(null=True)
    artifact_sha256 = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "model", "number"], name="profiles_modelversion_number"
            ),
            models.UniqueConstraint(
                fields=["workspace_id", "model"],
                condition=Q(stage="live"),
                name="profiles_modelversion_one_live",
            ),
        ]


class Score(DerivedRecord):
    """A model's number for a profile. After `expires_at` it is unknown, not old truth."""

    model = models.SlugField(max_length=60)
    version_id = models.UUIDField()
    value = models.FloatField()
    band = models.CharField(max_length=24)
    contributions = models.JSONField(default=list)  # [{feature, label, value, effect}]
    as_of = models.DateTimeField()
    expires_at = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=Category.INFERRED,
        on_close=OnClose.DELETE,
        retention="inferred",
        derived=True,
        audited=False,  # one data-use row per run
        writers={Role.WORKER: ("INSERT", "UPDATE", "DELETE")},
        updates={
            Role.WORKER: ("version_id", "value", "band", "contributions", "as_of", "expires_at")
        },
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "model"], name="profiles_score_once")
        ]
        indexes = [models.Index(fields=["model", "value"], name="profiles_score_value")]
