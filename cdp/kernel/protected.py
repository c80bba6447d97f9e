"""
What a table about people declares; policies, triggers, indexes and grants are made from it.

A protected row belongs to a subject, a category and a workspace, and carries the purposes that may
use it now (`purpose_bits`) and the most it may ever be used for (`purpose_ceiling`). Nobody
supplies the bits: the database stamps them from the person's permissions.
Source: consent reference, parts 3.2 to 3.4.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import ClassVar

from django.apps import apps
from django.db import models

from cdp.kernel.base import CurrentWorkspace
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role

ALL_BITS = (1 << 63) - 1


class Category(IntEnum):
    """Kind of personal data; every protected row belongs to one."""

    IDENTITY = 1
    CONTACT = 2
    PURCHASE = 3
    BROWSING = 4
    LOCATION = 5
    DEVICE = 6
    SOCIAL = 7
    DEMOGRAPHIC = 8
    INFERRED = 9
    MESSAGE = 10
    SEGMENT = 11


class OnClose(StrEnum):
    """What becomes of a row when its purpose is switched off."""

    STAMP = "stamp"  # facts and history: hidden now, visible again after a later yes
    RATCHET = "ratchet"  # pending acts: never revived
    DELETE = "delete"  # results: gone


@dataclass(frozen=True, slots=True)
class Protection:
    """
    How one table is protected.

    `category` None means that each row names its own. `writers` maps a role to the SQL commands
    it may use (reading by purpose is everybody's); `updates` lists the columns a role may change.
    `derived` rows remember the purpose that computed them. `stamped_by` "insert" is the row
    trigger; "function" means that one listed definer function writes the table and stamps it.
    `unwatched` columns may change without an audit entry of their own, such as a counter.
    """

    category: Category | None
    on_close: OnClose
    retention: str
    derived: bool = False
    stamped_by: str = "trigger"
    writers: dict[Role, tuple[str, ...]] = field(default_factory=dict)
    updates: dict[Role, tuple[str, ...]] = field(default_factory=dict)
    audited: bool = True
    unwatched: tuple[str, ...] = ()


class ProtectedRecord(models.Model):
    """A row about a person, visible only inside a window."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_id = models.UUIDField()
    workspace_id = models.UUIDField(db_default=CurrentWorkspace(), editable=False)
    purpose_bits = models.BigIntegerField(db_default=0, editable=False)
    purpose_ceiling = models.BigIntegerField(db_default=ALL_BITS, editable=False)

    protection: ClassVar[Protection]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class DerivedRecord(ProtectedRecord):
    """A result computed under a purpose; it goes when that purpose is switched off."""

    purpose_made = models.BigIntegerField(db_default=0, editable=False)

    class Meta:
        abstract = True


def protected_models() -> list[type[ProtectedRecord]]:
    """Return every protected model, sorted by table name."""
    found = [model for model in apps.get_models() if issubclass(model, ProtectedRecord)]
    return sorted(found, key=lambda model: model._meta.db_table)
