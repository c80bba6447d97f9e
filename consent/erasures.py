"""
The erasure ledger: who was erased, when and why, in the database and in a file outside it.

No value is in it: subject ids that lead to nobody, and counts of rows. The file is what a restored
older database is compared with: erasures that it lacks are put in force again before anything is
served. Source: vault reference, part 1.10.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role
from consent import erasure_file
from consent.erasure_file import Line
from consent.models import Erasure

_TABLE = Erasure._meta.db_table


class ErasuresMissing(CdpError):
    """People who were erased are in this database: it was restored from before."""

    code = "erasures_missing"


def open_rows(subjects: Collection[UUID]) -> None:
    """Let the rows of one person's subjects be deleted until the window at hand closes."""
    database.settle({"cdp.erasing": "{" + ",".join(map(str, sorted(subjects))) + "}"})


def write(line: Line) -> None:
    """Append one erasure to the ledger in the database; `publish` takes it to the file."""
    Erasure.objects.create(
        id=line.id,
        workspace_id=line.workspace,
        subject_id=line.subject,
        origins=list(line.origins),
        reason=line.reason,
        actor=line.actor,
        requested_at=line.requested_at,
        erased_at=line.erased_at,
        counts=dict(line.counts),
    )


def find(erasure: UUID) -> Line | None:
    """Return one erasure of the current workspace, None where it has none of that id."""
    row = _here().filter(pk=erasure).first()
    return _line(row) if row else None


def of_subject(subject: UUID) -> Line | None:
    """Return the newest erasure of whoever this subject stood for in the current workspace."""
    row = _here().filter(origins__contains=[subject]).order_by("-erased_at").first()
    return _line(row) if row else None


def publish() -> int:
    """Append to the file what the database has and the file lacks; return how many lines."""
    known = {line.id for line in erasure_file.lines()}
    rows = Erasure.objects.exclude(pk__in=known).order_by("erased_at", "pk")
    new = [_line(row) for row in rows]
    erasure_file.append(new)
    return len(new)


def missing() -> list[Line]:
    """
    Return the erasures of the file that this database lacks, oldest first; one query.

    Each comes once: two processes that publish at the same moment both write its line.
    """
    noted = {line.id: line for line in erasure_file.lines()}
    if not noted:
        return []
    present = set(Erasure.objects.filter(pk__in=noted).values_list("pk", flat=True))
    return [line for line in noted.values() if line.id not in present]


def check() -> None:
    """
    Refuse a database in which erased people are back.

    :raises ErasuresMissing: with the number of them and what to do
    """
    if lacking := missing():
        raise ErasuresMissing(
            f"{len(lacking)} people who were erased may be in this database again: it was restored "
            "from a backup that is older. Run: manage.py erase --replay",
            people=len(lacking),
        )


def guards() -> list[str]:
    """Return the statements after which the ledger only grows; the log's guard must be there."""
    return [
        f'SET ROLE "{Role.OWNER}"',
        f"DROP TRIGGER IF EXISTS only_grows ON {_TABLE}",
        f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {_TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        f"DROP TRIGGER IF EXISTS never_emptied ON {_TABLE}",
        f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {_TABLE} EXECUTE FUNCTION audit_refuse()",
        f"ALTER TABLE {_TABLE} ENABLE ALWAYS TRIGGER only_grows, "
        "ENABLE ALWAYS TRIGGER never_emptied",
        "RESET ROLE",
    ]


def new_line(
    erasure: UUID,
    subject: UUID,
    *,
    workspace: UUID,
    origins: Collection[UUID],
    reason: str,
    actor: object,
    requested_at: datetime,
    erased_at: datetime,
    counts: Mapping[str, int],
) -> Line:
    """Return an erasure on its way into the ledger."""
    return Line(
        id=erasure,
        workspace=workspace,
        subject=subject,
        origins=tuple(sorted(origins)),
        reason=reason,
        actor=str(actor),
        requested_at=requested_at,
        erased_at=erased_at,
        counts=counts,
    )


def _here() -> QuerySet[Erasure]:
    """Return the current workspace's erasures: the rights process reads every workspace's."""
    return Erasure.objects.filter(workspace_id=database.current_workspace() or UUID(int=0))


def _line(row: Erasure) -> Line:
    return new_line(
        row.pk,
        row.subject_id,
        workspace=row.workspace_id,
        origins=row.origins,
        reason=row.reason,
        actor=row.actor,
        requested_at=row.requested_at,
        erased_at=row.erased_at,
        counts=row.counts,
    )
