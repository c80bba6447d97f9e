"""What was asked for, and what became of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cdp.kernel.base import WorkspaceRecord


class Approval(WorkspaceRecord):
    """
    One act that waits for a second operator, or was decided by one.

    `snapshot` is the frozen copy that is approved, in names, ids and counts; `digest` stands for
    it. Nothing here is a person's value. `barred` are actors who may not decide, such as whoever a
    role is for.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"
        SUPERSEDED = "superseded"  # what is asked for was changed
        EXPIRED = "expired"

    kind = models.CharField(max_length=20)
    obj = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    snapshot = models.JSONField(default=dict)
    digest = models.BinaryField()
    people = models.BigIntegerField(default=0)
    asked_by = models.CharField(max_length=120)
    barred = ArrayField(models.CharField(max_length=120), default=list)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "kind", "obj"],
                condition=Q(state__in=["asked", "approved"], used_at=None),
                name="approvals_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("asked_by")), name="approvals_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"]) | ~Q(decided_by=""),
                name="approvals_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(state="approved"), name="approvals_used_if_approved"
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="approvals_newest")]
