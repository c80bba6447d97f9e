"""Templates; a published version never changes."""

from django.db import models

from cdp.kernel.base import WorkspaceRecord


class Template(WorkspaceRecord):
    """One version of a message with variables, in the languages it was written in."""

    name = models.CharField(max_length=120)
    number = models.PositiveIntegerField(default=1)
    channel = models.CharField(max_length=12, default="email")
    subject = models.JSONField()  # language → Liquid text
    body = models.JSONField()  # language → Liquid text (Markdown-free plain text with links)
    fields = models.JSONField(default=list)  # variables it uses, by dictionary name

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "name", "number"], name="campaigns_template_version"
            )
        ]
