"""The intake journal, quarantine, and the event log."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cdp.kernel.base import Record
from cdp.kernel.protected import OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class JournalEntry(models.Model):
    """
    One accepted request, sealed as a whole under the day's intake key; what 200 means.

    The drain takes the oldest, turns it into events and deletes it.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField()
    source_id = models.UUIDField()
    received_at = models.DateTimeField()
    intake_key_id = models.IntegerField()
    sealed = models.BinaryField()
    events = models.IntegerField()
    gpc = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "profiles_journal"

    def __str__(self) -> str:
        return f"JournalEntry {self.pk}"


class Quarantined(Record):
    """A refused event, sealed, with the reason, waiting for repair and replay."""

    workspace_id = models.UUIDField()
    source_id = models.UUIDField()
    received_at = models.DateTimeField()
    reason = models.SlugField(max_length=60)
    detail = models.CharField(max_length=200, blank=True)  # field names, never values
    event_key = models.CharField(max_length=255, blank=True)
    intake_key_id = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "profiles_quarantine"


class EventKey(models.Model):
    """One event is one (source, key); a second arrival changes nothing."""

    pk = models.CompositePrimaryKey("source_id", "key")
    source_id = models.UUIDField()
    key = models.CharField(max_length=255)

    class Meta:
        db_table = "profiles_eventkey"

    def __str__(self) -> str:
        return "EventKey"


class Event(ProtectedRecord):
    """
    One fact that happened, immutable. Partitioned by month of `happened_at`.

    `properties` holds what the data dictionary lets stand; everything that names or reaches a
    person, and the rest of the call, is in `sealed` under the subject's data key. `subject_id` is
    the subject it arrived under; `kernel_origin` says who that is now.
    """

    seq = models.BigIntegerField(editable=False)  # identity; read below pg_snapshot_xmin
    xid = models.BigIntegerField(editable=False)
    source_id = models.UUIDField()
    key = models.CharField(max_length=255)
    kind = models.CharField(max_length=8)  # identify, track, page, screen, group, alias
    name = models.CharField(max_length=200, blank=True)
    category = models.PositiveSmallIntegerField()
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    flags = ArrayField(models.CharField(max_length=24), default=list)
    sealed = models.BinaryField(null=True)

    protection: ClassVar[Protection] = Protection(
        category=None,
        on_close=OnClose.STAMP,
        retention="event",
        stamped_by="function",
        audited=False,  # one entry per intake batch: source, count, digest
        writers={Role.INGEST: ()},
    )

    class Meta:
        managed = False  # partitioned: profiles/migrations/0002
        db_table = "profiles_event"
        indexes = [
            models.Index(fields=["subject_id", "happened_at"], name="profiles_event_of_subject")
        ]
