"""Planning an export: whom, what, under which purpose, for whom and why; a worker counts it."""

from collections.abc import Collection
from uuid import UUID

from audit.actors import Actor
from audit.inbox import record
from cdp.approvals import kinds
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.require import is_needed
from cdp.kernel import database, jobs
from cdp.kernel.errors import CdpError
from consent import purposes
from profiles.exports import columns
from profiles.exports.models import Export
from profiles.segments.find import NoSuchSegment, find_segment
from profiles.segments.models import Segment

COUNT = "count_export"
MOST_PEOPLE = 200_000  # a file is held in memory while it is handed out


class ExportRefused(CdpError):
    """An export cannot be made like this; the text says what to change."""

    code = "export_refused"


class NoSuchExport(CdpError):
    """The export does not exist in this workspace."""

    code = "no_such_export"


def plan(
    segment_id: UUID,
    *,
    fields: Collection[str],
    purpose_key: str,
    recipient: str,
    reason: str,
    actor: Actor,
) -> Export:
    """
    Note down an export and start the job run that counts it; nobody's data is read yet.

    `recipient` and `reason` go on the record and hold no personal value. The caller wakes a worker.

    :raises NoSuchSegment: there is none in this workspace
    :raises ColumnsRefused: no columns, or unknown ones
    :raises ExportRefused: the purpose does not cover a column, or is none that people say yes to
    """
    segment = find_segment(segment_id)
    if segment.archived_at is not None:
        raise NoSuchSegment("Choose a segment in use.", segment=str(segment_id))
    chosen = columns.chosen(fields)
    _refuse_uncovered(chosen, purpose_key)
    with database.atomic():
        export = Export(
            segment_id=segment.pk,
            segment_name=segment.name,
            fields=[column.name for column in chosen],
            purpose_key=purpose_key,
            recipient=recipient,
            reason=reason,
            created_by=str(actor),
        )
        run = jobs.start(COUNT, actor=actor, params={"export": str(export.pk)}, purpose=purpose_key)
        export.job_id = run.pk
        export.save(force_insert=True)
        record(
            actor,
            "export.plan",
            obj=obj(export),
            detail={
                "fields": ",".join(export.fields),
                "purpose": purpose_key,
                "recipient": recipient,
                "reason": reason,
                "segment": str(segment.pk),
            },
        )
    return export


def _refuse_uncovered(chosen: Collection[columns.Column], purpose_key: str) -> None:
    allowed = {spec.key for spec in columns.exporting_purposes()}
    rule = purposes.rules().get(purpose_key)
    if purpose_key not in allowed or rule is None or not rule.open:
        raise ExportRefused("Choose a purpose that people say yes to and that is in use.")
    missing = columns.uncovered(chosen, purposes.spec(purpose_key).categories)
    if missing:
        names = ", ".join(column.label["en"] for column in missing)
        raise ExportRefused(f"“{purpose_key}” does not cover: {names}. Take them out.")


def obj(export: Export) -> str:
    """Return how the record and an approval name an export."""
    return f"export:{export.pk}"


def snapshot(export: Export) -> Facts:
    """Return what is approved: segment with its rule, fields, purpose, recipient."""
    segment = Segment.objects.filter(pk=export.segment_id).first()
    return {
        "segment": export.segment_name,
        "segment_id": str(export.segment_id),
        "rule": kinds.digest(segment.rule).hex() if segment else "",
        "fields": ", ".join(export.fields),
        "purpose": export.purpose_key,
        "recipient": export.recipient,
    }


def takes_two(export: Export) -> bool:
    """Say whether an export takes a second operator: it is large, or it holds contact details."""
    return columns.has_contact(export.fields) or is_needed(Kind.EXPORT, people=export.people)


def find(export_id: UUID) -> Export:
    """
    Return one export of this workspace.

    :raises NoSuchExport: there is none
    """
    return _one(Export.objects.filter(pk=export_id).first())


def lock(export_id: UUID) -> Export:
    """
    Return one export of this workspace, locked until the transaction ends.

    :raises NoSuchExport: there is none
    """
    return _one(Export.objects.select_for_update().filter(pk=export_id).first())


def _one(found: Export | None) -> Export:
    if found is None:
        raise NoSuchExport("Choose an export of this workspace.")
    return found


def recipients(refs: Collection[str]) -> dict[str, str]:
    """Return who got each of these exports, by the name that record and uses give it."""
    ids = [ref.partition(":")[2] for ref in refs if ref.startswith("export:")]
    rows = Export.objects.filter(pk__in=ids).values_list("pk", "recipient") if ids else ()
    return {f"export:{pk}": recipient for pk, recipient in rows}


def newest(*, created_by: Actor | None = None, limit: int = 50) -> list[Export]:
    """Return the newest exports, or one operator's."""
    rows = Export.objects.order_by("-created_at")
    if created_by is not None:
        rows = rows.filter(created_by=str(created_by))
    return list(rows[:limit])
