"""The identity graph: identifiers by blind index, and what was merged why."""

from typing import ClassVar

from django.db import models

from cdp.kernel.protected import Category, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class Identifier(ProtectedRecord):
    """A value that points to a profile, as its blind index. An edge of the identity graph."""

    kind = models.CharField(max_length=24)  # user_id, email, phone, anonymous_id
    blind = models.BinaryField()
    source_id = models.UUIDField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=Category.IDENTITY,
        on_close=OnClose.STAMP,
        retention="profile",
        writers={Role.INGEST: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.INGEST: ("last_seen_at",)},
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "kind", "blind"], name="profiles_identifier_once"
            )
        ]
        indexes = [models.Index(fields=["subject_id"], name="profiles_identifier_subject")]


class Merge(ProtectedRecord):
    """One join of two people: who stayed, who was folded in, which identifier said so."""

    merged_id = models.UUIDField()  # the subject that now stands for `subject_id`
    reason = models.CharField(max_length=40)
    event_key = models.CharField(max_length=255)
    source_id = models.UUIDField()
    merged_at = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=Category.IDENTITY,
        on_close=OnClose.STAMP,
        retention="profile",
        writers={Role.INGEST: ("INSERT",)},
    )

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="profiles_merge_subject")]
