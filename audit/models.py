"""
The log's tables. Nothing writes them through these models: `inbox` and `sequencer` do, in sets.

Columns of `Entry` beside the leaf are for searching only; verification recomputes them from the
leaf. There is one tree per deployment, so tiles and checkpoints belong to no workspace.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import Func
from django.db.models.functions import Collate, Length
from django.db.models.lookups import LessThanOrEqual

from cdp.kernel.base import CurrentWorkspace, WorkspaceRecord

# Whatever an entry holds, its leaf stays below 65,535 bytes: a character is at most six in JSON.
LIMIT_CHARACTERS = 8_000


class WrittenAt(Func):
    """The instant of the insert itself, not of its transaction's start."""

    function = "clock_timestamp"
    output_field: Any = models.DateTimeField()


class SessionUser(Func):
    """The login that the connection was made with; no SET ROLE changes it."""

    function = "session_user"
    template = "%(function)s"
    output_field: Any = models.TextField()


class Setting(Func):
    """A transaction-local setting by `name`, '' where nobody set it."""

    template = "COALESCE(current_setting('%(name)s', true), '')"
    output_field: Any = models.TextField()


class Inbox(models.Model):
    """
    An entry on its way to the tree, written in the transaction of the act.

    Nobody may choose `at` and `db_role`: grants leave them to the database.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField(null=True, db_default=CurrentWorkspace())
    at = models.DateTimeField(db_default=WrittenAt())
    db_role = models.TextField(db_default=SessionUser())
    actor = models.TextField()
    act = models.TextField()
    subject = models.UUIDField(null=True)
    purpose = models.TextField(db_default=Setting(name="cdp.purpose"))
    obj = models.TextField(db_default="")
    req = models.TextField(db_default=Setting(name="cdp.request"))
    detail = models.TextField(db_default="")

    class Meta:
        db_table = "audit_inbox"
        constraints = [
            models.CheckConstraint(  # the sequencer must never meet an entry that fits no leaf
                condition=LessThanOrEqual(
                    Length("actor")
                    + Length("act")
                    + Length("purpose")
                    + Length("obj")
                    + Length("req")
                    + Length("detail"),
                    LIMIT_CHARACTERS,
                ),
                name="audit_inbox_fits_a_leaf",
            )
        ]

    def __str__(self) -> str:
        return f"Inbox {self.pk}"


class Entry(models.Model):
    """One line of the log, for searching; `ref` is the pseudonym of the subject."""

    idx = models.BigIntegerField(primary_key=True)
    inbox_id = models.BigIntegerField(unique=True)
    workspace_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    act = models.TextField()
    actor = models.TextField()
    purpose = models.TextField()
    obj = models.TextField()
    ref = models.BinaryField(null=True)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(
                fields=["ref", "idx"],
                name="audit_entry_subject",
                condition=models.Q(ref__isnull=False),
            ),
            models.Index(fields=["workspace_id", "idx"], name="audit_entry_workspace"),
            # the collation in which a beginning is a range
            models.Index(Collate("act", "C"), "idx", name="audit_entry_act"),
            models.Index(Collate("actor", "C"), "idx", name="audit_entry_actor"),
            models.Index(fields=["at"], name="audit_entry_at"),
        ]

    def __str__(self) -> str:
        return f"Entry {self.idx}"


class Leaf(models.Model):
    """The bytes of an entry that the tree is made over, verbatim."""

    idx = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"

    def __str__(self) -> str:
        return f"Leaf {self.idx}"


class Tile(models.Model):
    """Up to 256 hashes of the tree, side by side."""

    pk = models.CompositePrimaryKey("level", "n")
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "audit_tile"

    def __str__(self) -> str:
        return f"Tile {self.level}/{self.n}"


class Checkpoint(models.Model):
    """The log's size and root at one moment, signed."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_checkpoint"

    def __str__(self) -> str:
        return f"Checkpoint {self.size}"


class Cosignature(models.Model):
    """A witness's signature line under the checkpoint of `size` entries."""

    pk = models.CompositePrimaryKey("size", "witness")
    size = models.BigIntegerField()
    witness = models.TextField()
    line = models.TextField()
    at = models.DateTimeField()  # by the witness's clock, as it signed it

    class Meta:
        db_table = "audit_cosignature"

    def __str__(self) -> str:
        return f"Cosignature {self.size}"


class Verification(models.Model):
    """What one check of the log found; `problem_index` is null where all of it held."""

    at = models.DateTimeField()
    run = models.UUIDField(null=True)  # the job run that was asked for; null for the hourly one
    since = models.BigIntegerField(default=0)  # entries before this one were checked earlier
    size = models.BigIntegerField()
    root = models.BinaryField()
    checkpoints = models.BigIntegerField()
    anchors = models.BigIntegerField()
    cosignatures = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)  # entries whose detail went, as the log says
    backward = models.BigIntegerField(default=0)  # entries that bear an earlier time than before
    problem_index = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    text = models.TextField(blank=True)

    class Meta:
        db_table = "audit_verification"

    def __str__(self) -> str:
        return f"Verification {self.pk}"


class Alert(WorkspaceRecord):
    """A pattern in the log that somebody wants to hear of; entries below `seen` were looked at."""

    key = models.SlugField(max_length=40, blank=True)  # of one that every workspace begins with
    name = models.CharField(max_length=80)
    acts = ArrayField(models.CharField(max_length=60))
    obj = models.CharField(max_length=80, blank=True)
    actor_kind = models.CharField(max_length=8, blank=True)
    per_actor = models.BooleanField(default=True)
    more_than = models.PositiveIntegerField(default=0)
    within_minutes = models.PositiveIntegerField(default=60)
    from_hour = models.PositiveSmallIntegerField(null=True)
    to_hour = models.PositiveSmallIntegerField(null=True)
    only_first = models.BooleanField(default=False)
    told = ArrayField(models.UUIDField(), default=list)
    is_on = models.BooleanField(default=True)
    seen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "key"],
                condition=~models.Q(key=""),
                name="audit_alert_shipped_once",
            ),
        ]


class AlertHit(WorkspaceRecord):
    """An alert that was met: by whom ('' for all together), at which entry, how many there were."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="hits")
    actor = models.TextField()
    idx = models.BigIntegerField()
    at = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "actor", "at"], name="audit_alerthit_once"),
        ]
