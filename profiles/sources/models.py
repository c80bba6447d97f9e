"""Sources and write keys."""

from django.db import models

from cdp.kernel.base import Record, WorkspaceRecord


class Source(WorkspaceRecord):
    """Where events come from. A consent authority may grant; every other source only narrows."""

    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, default="server")  # site, app, shop, file, server
    consent_authority = models.BooleanField(default=False)
    generated = models.BooleanField(default=False)  # demo: values made with a fixed seed
    paused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "key"], name="profiles_source_key")
        ]


class WriteKey(Record):
    """An ingest-only credential of a source. Public by nature: it may sit in a browser."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="write_keys")
    workspace_id = models.UUIDField()
    key = models.CharField(max_length=80, unique=True)
    ends_at = models.DateTimeField(null=True)  # a replaced key goes on for a while
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
