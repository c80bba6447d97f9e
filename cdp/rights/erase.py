"""
Erasing people: everything that was known about them goes in one transaction, or nothing does.

The drain and other erasures wait meanwhile; whoever still computes about the person finds no
permission and writes nothing. What stays are proofs under a subject id that leads to nobody.
Source: vault reference, part 1.10; GDPR Art. 17.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.inbox import record
from cdp.kernel import clock, database, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from cdp.rights.stores import GOES, Store
from consent import erasures, folding, suppressions
from consent.erasure_file import Line
from consent.models import SubjectFacts
from consent.window import subject_window
from profiles.exports.drop import drop_all
from profiles.identity import resolve as identity

Node = tuple[str, bytes]


class NobodyToErase(CdpError):
    """No person of this workspace has that subject id."""

    code = "nobody_to_erase"


class ErasureIncomplete(CdpError):
    """Rows of the person are still there; nothing was changed."""

    code = "erasure_incomplete"


class MergedMeanwhile(CdpError):
    """The person became part of another one before the erasure had them to itself."""

    code = "merged_meanwhile"


@dataclass(frozen=True, slots=True)
class Plan:
    """What erasing one person takes away: rows by table; `origins` are their subject ids."""

    subject: UUID
    origins: tuple[UUID, ...]
    counts: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def plan(subject: UUID, *, actor: object) -> Plan:
    """
    Count what erasing the person of `subject` would take away; changes nothing.

    :raises NobodyToErase: this workspace has no such person
    """
    person = current_person(subject)
    with subject_window(person, actor=actor) as using:
        using.doing("erase.plan")
        origins = _origins(person)
        erasures.open_rows(origins)
        return Plan(person, origins, _count(origins, _nodes(origins)))


def erase(
    subject: UUID, *, actor: object, reason: str, requested_at: datetime | None = None
) -> Line:
    """
    Erase the person of `subject`, under every subject id they ever had; return the ledger's line.

    Safe to repeat: who is gone already keeps their first line. About 25 statements.

    :raises NobodyToErase: this workspace has and had no such person
    :raises MergedMeanwhile: they were merged at the same moment; nothing was erased
    :raises ErasureIncomplete: a table kept rows; then all of them are kept
    """
    erased_at = clock.now()
    try:
        line = _erase(
            current_person(subject),
            uuid7(),
            origins=(),
            actor=actor,
            reason=reason,
            requested_at=requested_at or erased_at,
            erased_at=erased_at,
        )
    except NobodyToErase:
        if (earlier := erasures.of_subject(subject)) is not None:
            return earlier
        raise
    erasures.publish()
    return line


def replay(lines: Sequence[Line]) -> int:
    """
    Put erasures in force again that a restored older database lacks; return how many.

    Each keeps its id and dates. Who came after the backup is not there; the line is noted.
    """
    here = set(workspaces.every())
    for line in lines:
        if line.workspace not in here:
            erasures.write(line)
            continue
        with database.in_workspace(line.workspace):
            _erase(
                line.subject,
                line.id,
                origins=line.origins,
                actor=line.actor,
                reason=line.reason,
                requested_at=line.requested_at,
                erased_at=line.erased_at,
            )
    return len(lines)


def current_person(subject: UUID) -> UUID:
    """
    Return who this subject stands for now.

    :raises NobodyToErase: nobody in this workspace
    """
    with database.cursor() as sql:
        sql.execute("SELECT link_person(%s)", [subject])
        row = sql.fetchone()
    if row is None or row[0] is None:
        raise NobodyToErase("This workspace has no person with that id.", subject=str(subject))
    found: UUID = row[0]
    return found


def _erase(
    person: UUID,
    erasure: UUID,
    *,
    origins: Collection[UUID],
    actor: object,
    reason: str,
    requested_at: datetime,
    erased_at: datetime,
) -> Line:
    obj = f"erasure:{erasure}"
    with subject_window(person, actor=actor) as using:
        using.doing("erase", ref=obj)
        identity.alone()
        if not origins and current_person(person) != person:  # as it is now that nobody merges
            raise MergedMeanwhile("They were merged with somebody just now. Erase them again.")
        subjects = tuple(sorted({person, *origins, *_origins(person)}))
        erasures.open_rows(subjects)
        nodes = _nodes(subjects)
        counts = _count(subjects, nodes)
        line = erasures.new_line(
            erasure,
            person,
            workspace=workspaces.current().id,
            origins=subjects,
            reason=reason,
            actor=actor,
            requested_at=requested_at,
            erased_at=erased_at,
            counts=counts,
        )
        erasures.write(line)
        suppressions.suppress(nodes, since=erased_at)
        _close(subjects, erased_at)
        for store in GOES:
            _delete(store, subjects, nodes)
        _refuse_leftovers(subjects, nodes)
        drop_all(actor=str(actor))  # whoever may be in a file that waits for its download
        record(str(actor), "profile.erase", subject=person, obj=obj)
        # under no subject, so that it can be read when the person's key is gone
        record(str(actor), "erasure.finish", obj=obj, detail={"reason": reason, **counts})
    return line


def _origins(person: UUID) -> tuple[UUID, ...]:
    """Return the subject ids that stand for the person of the open window."""
    with database.cursor() as sql:
        sql.execute("SELECT current_origins()")
        row = sql.fetchone()
    return tuple(sorted(row[0])) if row and row[0] else (person,)


def _nodes(subjects: Collection[UUID]) -> list[Node]:
    """Return the person's identifiers as blind indexes: of events, and of the vault."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT kind, blind FROM profiles_identifier WHERE subject_id = ANY(%(subjects)s)
               UNION
               SELECT field, blind FROM profiles_vaultvalue
               WHERE subject_id = ANY(%(subjects)s) AND blind IS NOT NULL""",
            {"subjects": list(subjects)},
        )
        return sorted((kind, bytes(blind)) for kind, blind in sql.fetchall())


def _close(subjects: Collection[UUID], erased_at: datetime) -> None:
    """Switch every purpose off, as a withdrawal would: who claims a message now gets none."""
    files = SubjectFacts.objects.filter(subject_id__in=subjects)
    files.update(
        erased_at=erased_at,
        age=SubjectFacts.Age.UNKNOWN,
        jurisdiction="",
        gpc=False,
        gpc_at=None,
        refused_categories=[],
        closed_channels=[],
    )
    folding.fold(subjects, as_of=clock.now())
    files.update(next_change_at=None, reasons={})  # nothing is ever folded for them again


def _count(subjects: Collection[UUID], nodes: Sequence[Node]) -> dict[str, int]:
    """Return how many rows each store holds, where it holds any."""
    found = {}
    for store in GOES:
        with database.cursor() as sql:
            sql.execute(
                f"SELECT count(*) FROM {store.table} WHERE {store.rows}", _values(subjects, nodes)
            )
            row = sql.fetchone()
        if row and row[0]:
            found[store.table] = int(row[0])
    return found


def _delete(store: Store, subjects: Collection[UUID], nodes: Sequence[Node]) -> None:
    with database.cursor() as sql:
        sql.execute(f"DELETE FROM {store.table} WHERE {store.rows}", _values(subjects, nodes))


def _refuse_leftovers(subjects: Collection[UUID], nodes: Sequence[Node]) -> None:
    if left := _count(subjects, nodes):
        raise ErasureIncomplete(
            f"{sum(left.values())} rows stayed in {', '.join(left)}, so nothing was erased.",
            rows=sum(left.values()),
        )


def _values(subjects: Collection[UUID], nodes: Sequence[Node]) -> dict[str, list[object]]:
    emails: list[object] = [blind for kind, blind in nodes if kind == "email"]
    return {"subjects": list(subjects), "emails": emails}
