"""The outbox: the delivery row is the truth about one message to one person."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cdp.kernel.protected import Category, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class Delivery(ProtectedRecord):
    """The truth about one message to one person; only the holder of the lease may act on it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        CLAIMED = "claimed"
        CALLING = "calling"  # committed just before the provider call
        SENT = "sent"
        REFUSED = "refused"  # permanent error of the provider
        SKIPPED = "skipped"  # the person, a cap or a missing address said no; `reason` says which
        UNKNOWN = "unknown"  # called, answer lost: never resent blindly
        DEAD = "dead"  # gave up after many tries

    campaign_id = models.UUIDField()
    occurrence = models.PositiveIntegerField(default=1)
    step = models.SlugField(max_length=60, default="only")
    channel = models.CharField(max_length=12)
    purpose_bit = models.BigIntegerField()  # the mask of the campaign's purpose
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    reason = models.SlugField(max_length=60, blank=True)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=80, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    protection: ClassVar[Protection] = Protection(
        category=Category.MESSAGE,
        on_close=OnClose.RATCHET,
        retention="message",
        audited=False,  # the claim records each opened address; the run has its data-use row
        writers={Role.WORKER: ("INSERT", "UPDATE")},
        updates={
            Role.WORKER: (
                "state", "reason", "not_before", "lease_until", "lease_owner", "tries",
                "provider_id", "settled_at",
            ),
            Role.SWEEP: (
                "state", "reason", "not_before", "lease_until", "lease_owner", "settled_at",
            ),
        },
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign_id", "occurrence", "step", "subject_id", "channel"],
                name="campaigns_delivery_once",
            ),
            models.CheckConstraint(  # a lease exactly while claimed or calling
                condition=Q(state__in=["claimed", "calling"]) ^ Q(lease_until=None),
                name="campaigns_delivery_lease",
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign_id", "not_before", "id"],
                condition=Q(state="queued"),
                name="campaigns_delivery_queued",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "calling"]),
                name="campaigns_delivery_leased",
            ),
        ]
