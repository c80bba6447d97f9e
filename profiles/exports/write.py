"""
Writing an export: window after window of a few thousand people, each part sealed as it is made.

A part and the entries of whom it is about are one transaction, so nothing is in the file that is
not on the record. Each person gets an entry of their own and is a member of the use. Plain values
live in memory for one window.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record, record_many
from cdp.approvals import kinds
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError
from cdp.kernel.jobs import RunningJob
from cdp.kernel.spreadsheet import as_csv
from consent.uses import Using
from consent.window import purpose
from profiles.exports import columns, drop, plan, sealed
from profiles.exports.columns import Column, Kind
from profiles.exports.models import Export, ExportChunk
from profiles.scoring.models import Score
from profiles.traits.models import ComputedTrait
from profiles.vault import open as vault

PEOPLE_PER_PART = 2_000
KEPT_FOR = timedelta(hours=24)
_NOBODY = UUID(int=0)
State = Export.State

_COUNT = """
    SELECT count(*) FROM profiles_membership m JOIN profiles_profile p USING (subject_id)
     WHERE m.segment_id = %s"""
_MEMBERS = """
    SELECT m.subject_id FROM profiles_membership m JOIN profiles_profile p USING (subject_id)
     WHERE m.segment_id = %s AND m.subject_id > %s ORDER BY m.subject_id LIMIT %s"""


class ExportGrew(CdpError):
    """There are more people now than were counted and approved."""

    code = "export_grew"


class ExportDropped(CdpError):
    """The file was dropped while it was being written, because somebody was erased."""

    code = "export_dropped"


def count(export: Export, job: RunningJob) -> int:
    """
    Count the members who permit the export's purpose, and note the number.

    :raises ExportRefused: there are more than one file may hold
    """
    people = _people(export, job)
    if people > plan.MOST_PEOPLE:
        _fail(export)
        raise plan.ExportRefused(
            f"A file holds at most {plan.MOST_PEOPLE:,} people. Choose a smaller segment."
        )
    Export.objects.filter(pk=export.pk, state=State.COUNTING).update(
        state=State.COUNTED, people=people
    )
    return people


def write(export: Export, job: RunningJob, *, window: int = PEOPLE_PER_PART) -> int:
    """
    Write the whole file and return how many people are in it; a run taken over begins anew.

    :raises ExportGrew: more people than were counted; nothing is kept
    :raises JobCanceled: an operator asked to stop; nothing is kept
    """
    chosen = columns.chosen(export.fields)
    done, number, size, after = 0, 0, 0, _NOBODY
    try:
        _refuse_if_grown(export, _people(export, job))
        key = sealed.new_key(export.pk)
        drop.drop_parts(export)
        Export.objects.filter(pk=export.pk).update(kek_id=key.kek_id, sealed_key=key.wrapped)
        while True:
            with _window(export, job) as using:
                members = _members(export, after, window)
                _refuse_if_grown(export, done + len(members))
                rows = _rows(export, chosen, members, job)
                part = "".join(as_csv([_heading(chosen), *rows] if number == 0 else rows))
                if part:
                    _keep(export, key, part, number=number)
                _note(export, members, using)
            done, number, size = done + len(members), number + bool(part), size + len(part.encode())
            job.advance(done=done, total=max(export.people, done))
            if len(members) < window:
                break
            after = members[-1]
    except BaseException:
        _fail(export)
        raise
    _finish(export, people=done, parts=number, size=size, actor=job.name)
    return done


def _people(export: Export, job: RunningJob) -> int:
    with _window(export, job) as using, database.cursor() as sql:
        sql.execute(_COUNT, [export.segment_id])
        row = sql.fetchone()
        people = int(row[0]) if row else 0
        using.doing("export.count", people=people, ref=plan.obj(export))
    return people


def _refuse_if_grown(export: Export, people: int) -> None:
    if people > kinds.most(export.people):
        raise ExportGrew("There are more people now than were counted. Plan it again.")


def _window(export: Export, job: RunningJob) -> AbstractContextManager[Using]:
    return purpose(export.purpose_key, actor=Actor.job(job.kind, job.id), job=job.id)


def _members(export: Export, after: UUID, limit: int) -> list[UUID]:
    with database.cursor() as sql:
        sql.execute(_MEMBERS, [export.segment_id, after, limit])
        return [row[0] for row in sql.fetchall()]


def _heading(chosen: Sequence[Column]) -> list[str]:
    heading = ["profile"]
    for column in chosen:
        heading.append(column.name)
        if column.kind is Kind.SCORE:
            heading.append(f"{column.name}.band")
    return heading


def _rows(
    export: Export, chosen: Sequence[Column], members: list[UUID], job: RunningJob
) -> Iterator[list[object]]:
    """Yield one row a person; what is not known or not permitted stays empty."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for column in chosen:
        by_kind[column.kind].append(column.key)
    traits = _traits(members, by_kind[Kind.TRAIT])
    scores = _scores(members, by_kind[Kind.SCORE])
    contacts: dict[UUID, dict[str, str]] = {}
    if by_kind[Kind.CONTACT] and members:
        opened = vault.open(
            members,
            by_kind[Kind.CONTACT],
            actor=Actor.job(job.kind, job.id),
            reason=export.reason,
        )
        opened.stop_if_keys_are_missing()
        contacts = opened
    for person in members:
        row: list[object] = [str(person)]
        for column in chosen:
            match column.kind:
                case Kind.TRAIT:
                    row.append(traits.get((person, column.key)))
                case Kind.SCORE:
                    row.extend(scores.get((person, column.key), (None, None)))
                case Kind.CONTACT:
                    row.append(contacts.get(person, {}).get(column.key))
        yield row


def _traits(members: list[UUID], keys: list[str]) -> dict[tuple[UUID, str], object]:
    if not keys:
        return {}
    rows = ComputedTrait.objects.filter(subject_id__in=members, key__in=keys)
    return {
        (person, key): _plain(number, text, items, at)
        for person, key, number, text, items, at in rows.values_list(
            "subject_id", "key", "number", "text", "items", "at"
        )
    }


def _plain(number: float | None, text: str | None, items: list[str] | None, at: Any) -> object:
    """Return a trait's value as a cell."""
    if number is not None:
        return int(number) if number.is_integer() else round(number, 4)
    if items is not None:
        return "; ".join(items)
    return text if text is not None else (at.isoformat() if at else None)


def _scores(members: list[UUID], models: list[str]) -> dict[tuple[UUID, str], tuple[float, str]]:
    if not models:
        return {}
    rows = Score.objects.filter(
        subject_id__in=members, model__in=models, expires_at__gt=clock.now()
    )
    return {
        (person, model): (round(value, 4), band)
        for person, model, value, band in rows.values_list("subject_id", "model", "value", "band")
    }


def _keep(export: Export, key: sealed.FileKey, part: str, *, number: int) -> None:
    ExportChunk.objects.create(
        export_id=export.pk,
        number=number,
        sealed=sealed.seal_part(key.material, part, export=export.pk, number=number),
    )


def _note(export: Export, members: list[UUID], using: Using) -> None:
    """Put on the record, for each person, that they were exported, what, and to whom."""
    using.of(members)
    using.doing("export", people=len(members), ref=plan.obj(export))
    record_many(
        using.window.actor,
        "profile.export",
        subjects=members,
        obj=plan.obj(export),
        detail={"fields": ",".join(export.fields), "recipient": export.recipient},
    )


def _finish(export: Export, *, people: int, parts: int, size: int, actor: str) -> None:
    with acting(actor):
        kept = Export.objects.filter(pk=export.pk, state=State.WRITING).exclude(sealed_key=None)
        if not kept.update(
            state=State.READY,
            people=people,
            chunks=parts,
            size_bytes=size,
            kept_until=clock.now() + KEPT_FOR,
        ):
            raise ExportDropped("The file was dropped while it was written. Make it again.")
        record(actor, "export.finish", obj=plan.obj(export), detail={"people": people})


def _fail(export: Export) -> None:
    drop.drop(export, State.FAILED)
