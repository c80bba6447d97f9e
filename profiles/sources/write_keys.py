"""
Write keys: a source's ingest-only credential, made, replaced with an overlap, revoked.

A write key may sit in a browser, so it is no secret and is kept as it is: it opens the front door
for one source and nothing else. It is shown whole once, all the same, and its beginning after that.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import Detail, record
from cdp.kernel import clock
from cdp.kernel.base import CurrentWorkspace
from cdp.kernel.errors import CdpError
from profiles.sources.find import PLATFORM
from profiles.sources.models import Source, WriteKey

MARK = "wk_"
LONGEST_OVERLAP = timedelta(days=90)  # browsers and apps in the field take their time


class NoSuchSource(CdpError):
    """The workspace has no such source."""

    code = "no_such_source"


class PlatformTakesNoKey(CdpError):
    """The platform's own events may name a subject, so nobody outside sends them."""

    code = "platform_takes_no_key"


class NoSuchWriteKey(CdpError):
    """The workspace has no such write key."""

    code = "no_such_write_key"


class WriteKeyOver(CdpError):
    """The write key is not in force, or ends already."""

    code = "write_key_over"


def make(source: UUID, *, actor: Actor) -> WriteKey:
    """
    Make a write key for a source of the current workspace.

    :raises NoSuchSource: there is none of this id
    :raises PlatformTakesNoKey: it is the platform's own
    """
    found = Source.objects.filter(pk=source).first()
    if found is None:
        raise NoSuchSource("Choose a source of this workspace.")
    if found.key == PLATFORM:
        raise PlatformTakesNoKey("Candor's own events come from inside. Choose another source.")
    with acting(actor):
        key = _new(found)
        record(actor, "write_key.made", obj=f"write_key:{key.pk}")
    return key


def rotate(key_id: UUID, *, actor: Actor, overlap: timedelta) -> WriteKey:
    """
    Make a key for the same source; the former goes on for `overlap` and then ends.

    :raises NoSuchWriteKey: the workspace has no such key
    :raises WriteKeyOver: it is not in force or ends already, or the overlap is too long
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise WriteKeyOver(f"Let the old key go on for at most {LONGEST_OVERLAP.days} days.")
    with acting(actor):
        now = clock.now()
        old = _held(key_id)
        if old.ends_at is not None or not is_in_force(old, as_of=now):
            raise WriteKeyOver("Choose a key that is in force and does not end yet.")
        old.ends_at = now + overlap
        old.save(update_fields=["ends_at"])
        key = _new(old.source)
        detail: Detail = {"replaces": str(old.pk), "overlap_days": overlap.days}
        record(actor, "write_key.rotated", obj=f"write_key:{key.pk}", detail=detail)
    return key


def revoke(key_id: UUID, *, actor: Actor) -> None:
    """
    Put a write key out of force at once; a second time changes nothing.

    :raises NoSuchWriteKey: the workspace has no such key
    """
    with acting(actor):
        key = _held(key_id)
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at"])
            record(actor, "write_key.revoked", obj=f"write_key:{key.pk}")


def in_force(as_of: datetime) -> list[WriteKey]:
    """Return the write keys of the current workspace that open the door, the oldest first."""
    rows = WriteKey.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=as_of),
        workspace_id=CurrentWorkspace(),
        revoked_at=None,
    )
    return list(rows.order_by("created_at", "pk"))


def is_in_force(key: WriteKey, *, as_of: datetime) -> bool:
    """Return whether a write key opens the door at a moment."""
    return key.revoked_at is None and (key.ends_at is None or as_of < key.ends_at)


def _new(source: Source) -> WriteKey:
    return WriteKey.objects.create(
        source=source, workspace_id=source.workspace_id, key=MARK + secrets.token_urlsafe(24)
    )


def _held(key_id: UUID) -> WriteKey:
    """Return a key of the current workspace, locked until the transaction ends."""
    rows = WriteKey.objects.select_for_update(of=("self",)).select_related("source")
    found = rows.filter(pk=key_id, workspace_id=CurrentWorkspace()).first()
    if found is None:
        raise NoSuchWriteKey("Choose a write key of this workspace.")
    return found
