"""Segments, their versions, and who is in them."""

from typing import ClassVar

from django.db import models

from cdp.kernel.base import WorkspaceRecord
from cdp.kernel.protected import Category, DerivedRecord, OnClose, Protection
from cdp.kernel.roles import Role


class Segment(WorkspaceRecord):
    """A rule. `rule` is the JSON tree of `profiles.segments.rules`, version and all."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=400, blank=True)
    rule = models.JSONField()
    rule_number = models.PositiveIntegerField(default=1)
    purpose_key = models.CharField(max_length=64, default="profiling.segmentation")
    size = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)  # {match, consented, reachable} of the last refresh
    refreshed_at = models.DateTimeField(null=True)
    refresh_minutes = models.PositiveIntegerField(default=60)
    due_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "name"], name="profiles_segment_name")
        ]


class Member(DerivedRecord):
    """A profile that matches a segment now. `reason` is the truth of each leaf, with labels."""

    segment_id = models.UUIDField()
    entered_at = models.DateTimeField()
    reason = models.JSONField(default=list)

    protection: ClassVar[Protection] = Protection(
        category=Category.SEGMENT,
        on_close=OnClose.DELETE,
        retention="inferred",
        derived=True,
        audited=False,  # one data-use row per refresh
        writers={Role.WORKER: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.WORKER: ("reason",)},
    )

    class Meta:
        db_table = "profiles_membership"
        constraints = [
            models.UniqueConstraint(
                fields=["segment_id", "subject_id"], name="profiles_membership_once"
            )
        ]
