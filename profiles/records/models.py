"""The profile and its category tables."""

from typing import ClassVar

from django.db import models

from cdp.kernel.protected import Category, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class Profile(ProtectedRecord):
    """The unified record of one subject: when seen, through what. No direct identifiers."""

    id = None  # type: ignore[assignment]  # the subject is the key
    subject_id = models.UUIDField(primary_key=True)
    language = models.CharField(max_length=10, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    events = models.BigIntegerField(default=0)

    protection: ClassVar[Protection] = Protection(
        category=Category.IDENTITY,
        on_close=OnClose.STAMP,
        retention="profile",
        writers={Role.INGEST: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.INGEST: ("last_seen_at", "first_seen_at", "events", "language")},
        unwatched=("last_seen_at", "first_seen_at", "events"),
    )

    class Meta:
        indexes = [models.Index(fields=["-last_seen_at"], name="profiles_profile_seen")]


class Purchase(ProtectedRecord):
    """One line of an order: what was bought, from which department and brand, for how much."""

    event_id = models.UUIDField()
    order_key = models.CharField(max_length=120)
    happened_at = models.DateTimeField()
    product = models.CharField(max_length=80, blank=True)
    department = models.CharField(max_length=80, blank=True)
    product_category = models.CharField(max_length=120, blank=True)
    brand = models.CharField(max_length=80, blank=True)
    quantity = models.FloatField(default=1)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, blank=True)

    protection: ClassVar[Protection] = Protection(
        category=Category.PURCHASE,
        on_close=OnClose.STAMP,
        retention="purchase",
        stamped_by="function",
        audited=False,  # comes with its event
        writers={Role.INGEST: ()},
    )

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "happened_at"], name="profiles_purchase_subject"),
        ]
