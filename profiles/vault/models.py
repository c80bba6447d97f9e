"""The vault's one tall table."""

from typing import ClassVar

from django.db import models

from cdp.kernel.protected import Category, OnClose, ProtectedRecord, Protection
from cdp.kernel.roles import Role


class VaultValue(ProtectedRecord):
    """
    One personal value of one person, sealed; `blind` finds equality and reveals nothing else.

    A new field is a row of the field catalogue, not a migration. `slot` numbers several values of
    one field.
    """

    field = models.CharField(max_length=32)
    slot = models.PositiveSmallIntegerField(default=1)
    sealed = models.BinaryField()
    blind = models.BinaryField(null=True)
    blind_version = models.PositiveSmallIntegerField(default=1)
    source_id = models.UUIDField(null=True)
    generated = models.BooleanField(default=False)
    put_at = models.DateTimeField()

    protection: ClassVar[Protection] = Protection(
        category=Category.CONTACT,
        on_close=OnClose.STAMP,
        retention="contact",
        writers={Role.INGEST: ("INSERT", "UPDATE", "DELETE")},
        updates={Role.INGEST: ("sealed", "blind", "blind_version", "source_id", "put_at")},
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "field", "slot"], name="profiles_vaultvalue_cell"
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "field", "blind"], name="profiles_vaultvalue_blind"
            )
        ]
