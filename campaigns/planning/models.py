"""Campaigns."""

from django.db import models

from cdp.kernel.base import WorkspaceRecord


class Campaign(WorkspaceRecord):
    """What to say, to whom, why, by which channel."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PREPARING = "preparing"  # launched: the audience is being frozen
        SENDING = "sending"
        PAUSED = "paused"
        FINISHED = "finished"
        STOPPED = "stopped"

    name = models.CharField(max_length=120)
    purpose_key = models.CharField(max_length=64, default="marketing.email")
    channel = models.CharField(max_length=12, default="email")
    segment_id = models.UUIDField(null=True)
    template_id = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    occurrence = models.PositiveIntegerField(default=1)
    counts = models.JSONField(default=dict)  # by state and reason, of the last sweep
    job_id = models.UUIDField(null=True)
    launched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="campaigns_campaign_name")
        ]
