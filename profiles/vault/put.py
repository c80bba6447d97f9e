"""Putting personal values into the vault, in sets: sealed before the first write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.kernel import database, workspaces
from cdp.kernel.identifiers import uuid7
from profiles.vault import fields, index
from profiles.vault.cells import Cell, Cells


@dataclass(frozen=True, slots=True)
class Value:
    """One personal value on its way into the vault."""

    subject: UUID
    field: str
    text: str
    source: UUID
    generated: bool = False


def put_many(values: Sequence[Value], keys: Mapping[UUID, bytes], *, at: datetime) -> None:
    """
    Seal and store values; the newest replaces an older one of the same person and field.

    `keys` holds each subject's data key.
    """
    newest = {(value.subject, value.field): value for value in values}
    if not newest:
        return
    workspace = workspaces.current()
    cells = Cells(keys, workspace.key)
    rows = [_sealed(value, cells) for value in newest.values()]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_vaultvalue AS v
                 (id, subject_id, workspace_id, field, slot, sealed, blind, blind_version,
                  source_id, generated, put_at)
               SELECT n.id, n.subject, %s, n.field, 1, n.sealed, n.blind, 1, n.source,
                      n.generated, %s
               FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bytea[], %s::bytea[],
                           %s::uuid[], %s::bool[])
                 AS n(id, subject, field, sealed, blind, source, generated)
               ON CONFLICT (subject_id, field, slot) DO UPDATE
                 SET sealed = EXCLUDED.sealed, blind = EXCLUDED.blind,
                     source_id = EXCLUDED.source_id, put_at = EXCLUDED.put_at""",
            [workspace.id, at, *(list(column) for column in zip(*rows, strict=True))],
        )


def check(value: Value) -> None:
    """
    Make sure that an indexed value can be normalized.

    :raises UnreadableEmail, UnreadablePhone: it cannot
    """
    if fields.get(value.field).indexed:
        index.normalized(value.field, value.text)


def _sealed(value: Value, cells: Cells) -> tuple[object, ...]:
    is_indexed = fields.get(value.field).indexed
    return (
        uuid7(),
        value.subject,
        value.field,
        cells.seal(Cell(value.subject, value.field), value.text),
        index.blind(value.field, value.text) if is_indexed else None,
        value.source,
        value.generated,
    )
