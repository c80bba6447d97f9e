"""Handing out an export's file: once, to who planned it, within a day; then it is gone."""

from dataclasses import dataclass, field
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import clock
from cdp.kernel.errors import CdpError
from profiles.exports import drop, plan, sealed
from profiles.exports.models import Export, ExportChunk
from profiles.exports.start import NotYourExport

State = Export.State


class ExportGone(CdpError):
    """There is no file to fetch: it was fetched, ran out, or is not written yet."""

    code = "export_gone"


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that is being handed out, in the clear: the only copy there is."""

    name: str
    content: bytes = field(repr=False)


def fetch(export_id: UUID, *, actor: Actor) -> Handed:
    """
    Take an export's file out, on the record; nobody can fetch it again.

    Memory: the file, sealed and in the clear, at most some tens of megabytes each.

    :raises NoSuchExport: there is none
    :raises NotYourExport: another operator planned it
    :raises ExportGone: there is no file
    :raises ExportTampered: the file is not what was written
    :raises KeyMissing: the key-encryption key it was wrapped under was destroyed
    """
    with acting(actor):
        export = plan.lock(export_id)
        if export.created_by != str(actor):
            raise NotYourExport("Another operator planned this export. Plan one of your own.")
        is_kept = export.state == State.READY and export.kept_until and export.sealed_key
        if not is_kept or export.kept_until is None or export.kept_until <= clock.now():
            raise ExportGone("The file is gone: it is handed out once, within 24 hours.")
        assert export.kek_id is not None  # both or neither
        key = sealed.open_key(
            export.pk, kek_id=export.kek_id, wrapped=bytes(export.sealed_key or b"")
        )
        parts = [
            bytes(part)
            for part in ExportChunk.objects.filter(export_id=export.pk)
            .order_by("number")
            .values_list("sealed", flat=True)
        ]
        if len(parts) != export.chunks:
            raise sealed.ExportTampered(
                "The file is not what was written, so it is not handed out. Make the export again.",
                export=str(export.pk),
            )
        # before it is dropped: all of it opens, or it stays where it is
        content = b"".join(sealed.open_parts(key, parts, export=export.pk))
        drop.drop(export, State.FETCHED)
        Export.objects.filter(pk=export.pk).update(fetched_at=clock.now())
        record(actor, "export.fetch", obj=plan.obj(export), detail={"people": export.people})
    day = clock.now().date().isoformat()
    return Handed(f"export-{day}-{str(export.pk)[:8]}.csv", content)
