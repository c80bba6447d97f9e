"""The foundation's tables."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cdp.kernel.base import Record, WorkspaceRecord
from cdp.kernel.protected import Category, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class Workspace(Record):
    """
    One brand's data, apart from all others.

    `key` is fixed for good: it is part of what every sealed value is bound to. `settings` holds
    `currency`, `time_zone`, `region` (ISO 3166, of phone numbers without a prefix),
    `demo_shift_days`, the sender's name, and `approval_above`: up to how many people one operator
    is enough, by kind of act.
    """

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)


class Key(models.Model):
    """
    A key of the keyring as the database knows it: id and check value, never material.

    `state` follows the keyring; `wraps` counts what a key-encryption key has wrapped, in blocks.
    """

    use = models.CharField(max_length=12)
    key_id = models.IntegerField()
    check_value = models.BinaryField()
    state = models.CharField(max_length=8, default="active")
    wraps = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use", "key_id"], name="kernel_key_once"),
            models.UniqueConstraint(
                fields=["use"], condition=Q(state="active"), name="kernel_key_one_active"
            ),
        ]


class SubjectKey(models.Model):
    """A subject's own data key, wrapped by a key-encryption key. Grants protect it, not bits."""

    subject_id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField()
    kek_id = models.IntegerField(db_index=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class Origin(ProtectedRecord):
    """
    Which person a subject id stands for now.

    Events, values and keys stay under the subject id they arrived with (`origin`); merging two
    people changes these rows and nothing else. A person who was never merged is their own origin.
    """

    id = None  # type: ignore[assignment]  # the origin is the key
    origin = models.UUIDField(primary_key=True)

    protection: ClassVar[Protection] = Protection(
        category=Category.IDENTITY,
        on_close=OnClose.STAMP,
        retention="profile",
        writers={Role.INGEST: ("INSERT", "UPDATE")},
        updates={Role.INGEST: ("subject_id",)},
    )

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="kernel_origin_subject")]


class JobRun(WorkspaceRecord):
    """One execution of background work: progress, result, reason, actor."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELED = "canceled"

    kind = models.SlugField(max_length=60)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    actor = models.CharField(max_length=120)
    purpose = models.CharField(max_length=64, blank=True)
    params = models.JSONField(default=dict)
    phase = models.CharField(max_length=40, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    result = models.JSONField(default=dict)
    reason = models.SlugField(max_length=60, blank=True)
    explanation = models.CharField(max_length=300, blank=True)
    cancel_requested = models.BooleanField(default=False)
    scheduled_for = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "kind", "scheduled_for"],
                condition=Q(scheduled_for__isnull=False),
                name="kernel_jobrun_once_a_tick",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="kernel_jobrun_newest")]

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)
