"""Exports and their sealed files."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cdp.kernel.base import WorkspaceRecord


class Export(WorkspaceRecord):
    """
    One file about a segment's people, from its dry run to its only download.

    The file lies in `ExportChunk`, sealed under a key of its own. `sealed_key` is that key, wrapped
    by the keyring; it is gone once the file was fetched or ran out, and the file with it.
    """

    class State(models.TextChoices):
        COUNTING = "counting"
        COUNTED = "counted"  # may be written, where it takes two people after an approval
        WRITING = "writing"
        READY = "ready"
        FETCHED = "fetched"
        EXPIRED = "expired"
        FAILED = "failed"

    segment_id = models.UUIDField()
    segment_name = models.CharField(max_length=120)
    fields = ArrayField(models.CharField(max_length=80))
    purpose_key = models.CharField(max_length=64)
    recipient = models.CharField(max_length=80)
    reason = models.CharField(max_length=80)
    created_by = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State, default=State.COUNTING)
    people = models.BigIntegerField(default=0)  # of the dry run, then of the file
    job_id = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    size_bytes = models.BigIntegerField(default=0)
    chunks = models.PositiveIntegerField(default=0)
    kek_id = models.IntegerField(null=True)
    sealed_key = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sealed_key=None) | models.Q(state__in=["writing", "ready"]),
                name="profiles_export_key_only_while_kept",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="profiles_export_newest")]


class ExportChunk(WorkspaceRecord):
    """A part of an export's file, sealed; worthless without the export's key."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="profiles_exportchunk_once")
        ]
