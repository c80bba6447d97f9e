"""Declared facts and computed traits: tall tables with typed columns, so that indexes work."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cdp.kernel.protected import Category, DerivedRecord, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class DeclaredTrait(ProtectedRecord):
    """Something a source stated about a person, such as a household size. Its own category."""

    category = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    number = models.FloatField(null=True)
    text = models.CharField(max_length=200, null=True)
    source_id = models.UUIDField()
    stated_at = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=None,
        on_close=OnClose.STAMP,
        retention="profile",
        writers={Role.INGEST: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.INGEST: ("number", "text", "source_id", "stated_at")},
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "key"], name="profiles_declared_once")
        ]
        indexes = [models.Index(fields=["key", "text"], name="profiles_declared_key")]


class ComputedTrait(DerivedRecord):
    """Something worked out from a person's history as of one moment."""

    key = models.CharField(max_length=60)
    number = models.FloatField(null=True)
    text = models.CharField(max_length=200, null=True)
    items = ArrayField(models.CharField(max_length=120), null=True)
    at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=Category.INFERRED,
        on_close=OnClose.DELETE,
        retention="inferred",
        derived=True,
        audited=False,  # one data-use row per run
        writers={Role.WORKER: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.WORKER: ("number", "text", "items", "at", "as_of")},
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "key"], name="profiles_computed_once")
        ]
        indexes = [
            models.Index(fields=["key", "number"], name="profiles_computed_number"),
            models.Index(fields=["key", "text"], name="profiles_computed_text"),
        ]
