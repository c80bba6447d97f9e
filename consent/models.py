"""The tables of consent. It knows a person by subject id alone, so its proofs outlive profiles."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cdp.kernel.base import CurrentWorkspace, Record, WorkspaceRecord


class Purpose(models.Model):
    """Why data is used. `bit` is stable and never reused; the code's catalogue is the source."""

    key = models.CharField(max_length=64, primary_key=True)
    bit = models.PositiveSmallIntegerField(unique=True)
    open = models.BooleanField(default=True)
    roles = ArrayField(models.CharField(max_length=20))
    basis = models.CharField(max_length=24)
    dpv_purpose = models.CharField(max_length=120)
    categories = ArrayField(models.PositiveSmallIntegerField())
    channel = models.CharField(max_length=12, blank=True)
    requires = ArrayField(models.CharField(max_length=64))
    gpc_scope = models.BooleanField(default=False)
    age_gated = models.BooleanField(default=False)
    assessment_required = models.BooleanField(default=False)
    min_notice_version = models.PositiveIntegerField(default=0)
    consent_months = models.PositiveSmallIntegerField(default=24)
    retention = models.CharField(max_length=40, blank=True)
    label = models.JSONField()  # language → name
    plain_text = models.JSONField()  # language → what, why, until when
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(bit__gte=1, bit__lte=62), name="consent_purpose_bit")
        ]

    def __str__(self) -> str:
        return self.key


class NoticeVersion(WorkspaceRecord):
    """A published text, immutable, one row per language."""

    notice = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.BinaryField()
    states_age = models.BooleanField(default=False)
    material = models.BooleanField(default=True)
    purposes = ArrayField(models.CharField(max_length=64))
    effective_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "notice", "number", "language"],
                name="consent_notice_version_once",
            )
        ]


class Assessment(WorkspaceRecord):
    """A data protection impact assessment of some purposes; the demo's are labelled samples."""

    kind = models.CharField(max_length=6, default="dpia")
    title = models.CharField(max_length=200)
    purposes = ArrayField(models.CharField(max_length=64))
    state = models.CharField(max_length=10, default="draft")
    sample = models.BooleanField(default=False)
    approved_at = models.DateTimeField(null=True)
    review_due_at = models.DateTimeField(null=True)


class ConsentRecord(models.Model):
    """One immutable statement of a person about one purpose. Append-only."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        DEFERRED = "deferred"
        GRANTED = "granted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        REVOKED = "revoked"
        EXPIRED = "expired"
        INVALIDATED = "invalidated"

    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    subject_id = models.UUIDField()
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    category = models.PositiveSmallIntegerField(null=True)  # a refused or allowed category
    state = models.CharField(max_length=12, choices=State)
    method = models.CharField(max_length=16)
    origin = models.CharField(max_length=12)
    notice_version = models.ForeignKey(
        NoticeVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    language = models.CharField(max_length=10, blank=True)
    jurisdiction = models.CharField(max_length=10, blank=True)
    assurance = models.CharField(max_length=18)
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=120)
    idempotency_key = models.CharField(max_length=300, null=True)
    evidence = models.BinaryField(null=True)  # sealed under the subject's data key

    class Meta:
        db_table = "consent_record"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "idempotency_key"], name="consent_record_once"
            )
        ]
        indexes = [models.Index(fields=["subject_id", "said_at"], name="consent_record_subject")]

    def __str__(self) -> str:
        return f"ConsentRecord {self.pk} {self.state}"


class SubjectFacts(models.Model):
    """What the fold needs to know about a person besides what they said."""

    class Age(models.TextChoices):
        ADULT = "adult"
        ADULT_DECLARED = "adult_declared"
        MINOR_GUARDIAN = "minor_guardian"
        MINOR = "minor"
        UNKNOWN = "unknown"

    subject_id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    jurisdiction = models.CharField(max_length=10, blank=True)
    age = models.CharField(max_length=14, choices=Age, default=Age.UNKNOWN)
    gpc = models.BooleanField(default=False)
    gpc_at = models.DateTimeField(null=True)
    restricted_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    refused_categories = ArrayField(models.PositiveSmallIntegerField(), default=list)
    closed_channels = ArrayField(models.CharField(max_length=12), default=list)
    reasons = models.JSONField(default=dict)  # purpose → why it is closed
    next_change_at = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(default=0)
    folded_at = models.DateTimeField()

    class Meta:
        db_table = "consent_subject"
        indexes = [
            models.Index(
                fields=["next_change_at"],
                condition=Q(next_change_at__isnull=False),
                name="consent_subject_due",
            )
        ]

    def __str__(self) -> str:
        return f"SubjectFacts {self.pk}"


class Permission(models.Model):
    """The folded answer: purpose bits per subject and category. What stamping reads."""

    pk = models.CompositePrimaryKey("subject_id", "category")
    subject_id = models.UUIDField()
    category = models.PositiveSmallIntegerField()
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    purpose_bits = models.BigIntegerField()

    def __str__(self) -> str:
        return f"Permission of category {self.category}"


class PermissionTotal(models.Model):
    """How many people permit a purpose, kept by `consent_count()`; key '' counts everybody."""

    pk = models.CompositePrimaryKey("workspace_id", "purpose_key")
    workspace_id = models.UUIDField()
    purpose_key = models.CharField(max_length=64)
    people = models.BigIntegerField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"PermissionTotal {self.purpose_key}"


class Suppression(WorkspaceRecord):
    """
    An address that must never be contacted, or of somebody erased, as a keyed digest; no subject.

    Of scope `erased`: what happened before `since` is turned away for good, what happens later
    until the person came back (`lifted_at`).
    """

    kind = models.CharField(max_length=12)
    digest = models.BinaryField()
    scope = models.CharField(max_length=24)
    reason = models.CharField(max_length=24)
    since = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "kind", "digest", "scope"], name="consent_suppression_once"
            )
        ]


class Token(models.Model):
    """A link in a message: it can only reduce what is permitted. The digest is the key."""

    digest = models.BinaryField(primary_key=True)
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    kind = models.CharField(max_length=12)  # one_click, click
    subject_id = models.UUIDField()
    purpose_key = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=12, blank=True)
    delivery_id = models.UUIDField(null=True)
    target = models.CharField(max_length=2000, blank=True)  # where a click goes
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Token for {self.kind}"


class DataUse(models.Model):
    """
    One recorded use of people's data: why, by whom, which categories, of how many.

    `scope` subject names one person, list has members in `DataUseMember`, open means everybody who
    permitted the purpose at `started_at`. Append-only.
    """

    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    purpose_key = models.CharField(max_length=64)
    actor = models.CharField(max_length=120)
    job_id = models.UUIDField(null=True)
    act = models.CharField(max_length=60)
    categories = ArrayField(models.PositiveSmallIntegerField(), default=list)
    scope = models.CharField(max_length=8)
    subject_id = models.UUIDField(null=True)
    people = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=12)
    ref = models.CharField(max_length=120, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-started_at"], name="consent_datause_subject"),
            models.Index(fields=["workspace_id", "-started_at"], name="consent_datause_newest"),
        ]

    def __str__(self) -> str:
        return f"DataUse {self.pk}"


class DataUseMember(models.Model):
    """One person in a data use of scope list."""

    pk = models.CompositePrimaryKey("use_id", "subject_id")
    use_id = models.UUIDField()
    subject_id = models.UUIDField()
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="consent_member_subject")]

    def __str__(self) -> str:
        return f"DataUseMember of {self.use_id}"


class Explanation(Record):
    """
    Why a decision about a person was taken, written when it was taken. Immutable.

    `facts` is a list of {category, label {en, zh-hans}, source, at}; `choice` what the sender
    chose. Values appear by label, never another person's.
    """

    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=16)  # message, score, segment
    ref = models.CharField(max_length=120)
    purpose_key = models.CharField(max_length=64)
    basis = models.CharField(max_length=24)
    consent_record_id = models.UUIDField(null=True)
    notice_number = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=200)
    rule_plain = models.JSONField(default=dict)
    facts = models.JSONField(default=list)
    choice = models.JSONField(default=dict)
    model = models.CharField(max_length=80, blank=True)
    contributions = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-created_at"], name="consent_explanation_subject")
        ]


class Erasure(models.Model):
    """
    One person erased: when, why, how many rows of each table. Append-only, without any value.

    `origins` are the subject ids that stood for the person. The same lines lie in a file outside
    the database (`consent.erasure_file`), from which a restored older database is erased again.
    """

    id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField(db_default=CurrentWorkspace())
    subject_id = models.UUIDField()
    origins = ArrayField(models.UUIDField())
    reason = models.SlugField(max_length=60)
    actor = models.CharField(max_length=120)
    requested_at = models.DateTimeField()
    erased_at = models.DateTimeField()
    counts = models.JSONField()  # table → rows

    class Meta:
        db_table = "consent_erasure_ledger"
        indexes = [models.Index(fields=["subject_id"], name="consent_erasure_subject")]

    def __str__(self) -> str:
        return f"Erasure {self.pk}"


class RetentionRule(WorkspaceRecord):
    """How long, from which moment, then what."""

    category = models.PositiveSmallIntegerField()
    purpose_key = models.CharField(max_length=64, blank=True)
    period = models.CharField(max_length=12)  # ISO 8601
    anchor = models.CharField(max_length=16)
    action = models.CharField(max_length=10)
    law_ref = models.CharField(max_length=120, blank=True)
