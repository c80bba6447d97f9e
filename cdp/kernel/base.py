"""What every table of ours has in common."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func

from cdp.kernel.identifiers import uuid7


class CurrentWorkspace(Func):
    """The workspace that the session works in, filled in by the database."""

    function = "current_workspace"
    template = "%(function)s()"
    output_field: Any = models.UUIDField()


class Record(models.Model):
    """A row with a time-ordered id that says when it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class WorkspaceRecord(Record):
    """
    A row of one workspace that holds nothing about a person.

    The database fills the workspace in and shows only the current one's rows.
    """

    workspace_id = models.UUIDField(db_default=CurrentWorkspace(), editable=False, db_index=True)

    class Meta:
        abstract = True
