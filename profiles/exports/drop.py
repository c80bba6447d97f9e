"""Dropping files: the key first, then the parts; without the key they were nothing any more."""

from datetime import datetime

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import database
from profiles.exports.models import Export, ExportChunk

State = Export.State
_KEPT = (State.WRITING, State.READY)


def drop(export: Export, state: Export.State) -> None:
    """Drop an export's file and leave the export in `state`."""
    with database.atomic():
        Export.objects.filter(pk=export.pk).update(state=state, kek_id=None, sealed_key=None)
        drop_parts(export)


def drop_parts(export: Export) -> None:
    """Delete the parts of an export's file."""
    ExportChunk.objects.filter(export_id=export.pk).delete()


def expire(*, as_of: datetime) -> int:
    """Drop the files that nobody fetched in time, on the record; return how many."""
    actor = Actor.system("exports")
    ended = 0
    with acting(actor):
        rows = Export.objects.select_for_update(skip_locked=True).filter(
            state=State.READY, kept_until__lte=as_of
        )
        for export in rows:
            drop(export, State.EXPIRED)
            record(actor, "export.expire", obj=f"export:{export.pk}")
            ended += 1
    return ended


def drop_all(*, actor: Actor | str) -> int:
    """
    Drop every file of the workspace that nobody fetched yet; return how many.

    For an erasure, in its transaction: whoever is erased is in no file that is still to be handed
    out. The others are made again.
    """
    rows = list(Export.objects.select_for_update().filter(state__in=_KEPT))
    for export in rows:
        drop(export, State.EXPIRED)
        record(actor, "export.drop", obj=f"export:{export.pk}")
    return len(rows)
