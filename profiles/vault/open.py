"""
The only decryption of personal values: inside an open window, in sets, always on the record.

One inbox row per person is written in the window's own transaction, so no plain value leaves
before its reading is on record; if the window rolls back, the entries are written again.
"""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from audit.inbox import record, record_many
from cdp.kernel import crypto, database, subjects, windows, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.protected import Category
from consent import purposes
from consent.window import remember
from profiles.vault import fields as catalogue
from profiles.vault.mask import MASKS
from profiles.vault.put import TABLE, column


class VaultTampered(CdpError):
    """A value does not belong to the cell it was found in."""

    code = "vault_tampered"


class VaultErased(CdpError):
    """The person's data key is gone, and every value with it."""

    code = "vault_erased"


class FieldNotPermitted(CdpError):
    """The open purpose does not cover contact data."""

    code = "field_not_permitted"


class Opened(dict[UUID, dict[str, str]]):
    """Values by person and field; cells that could not be opened are in `failed`, not here."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: list[VaultTampered | VaultErased] = []


def open(
    people: Collection[UUID], fields: Collection[str], *, actor: object, reason: str = ""
) -> Opened:
    """
    Return the plain values of these fields for those of `people` whom the open window shows.

    A person is named once for all their origins; the value put last wins. Who is hidden by the
    window is absent, like who has no value.

    :raises PurposeRequired: no window is open
    :raises FieldNotPermitted: the window's purpose does not cover contact data
    :raises UnknownField: the catalogue does not list a field
    """
    return _open(people, fields, actor=actor, reason=reason, shown="fields")


def _open(
    people: Collection[UUID], fields: Collection[str], *, actor: object, reason: str, shown: str
) -> Opened:
    window = windows.required()
    _refuse_uncovered(window)
    for field in fields:
        catalogue.get(field)
    rows = _rows(people, fields)
    opened = Opened()
    if not rows:
        return opened
    _record_reading(rows, fields, shown, actor, reason)
    keys = subjects.data_keys({origin for _, origin, _, _, _ in rows})
    workspace = workspaces.current().key
    for person, origin, field, slot, sealed in rows:
        try:
            value = _unseal(keys, origin, field, slot, sealed, workspace)
        except (VaultTampered, VaultErased) as failure:
            opened.failed.append(failure)
            record(str(actor), "vault.unreadable", subject=person, detail={"field": field})
        else:
            opened.setdefault(person, {})[field] = value
    return opened


def open_masked(people: Collection[UUID], fields: Collection[str], *, actor: object) -> Opened:
    """Return values as a screen may show them; the reading is on the record all the same."""
    opened = _open(people, fields, actor=actor, reason="masked", shown="masked")
    for values in opened.values():
        for field, value in values.items():
            values[field] = MASKS[catalogue.get(field).mask](value)
    return opened


def _refuse_uncovered(window: windows.Window) -> None:
    if window.kind == "subject":
        return  # their own values
    if Category.CONTACT not in purposes.spec(window.purpose).categories:
        raise FieldNotPermitted(
            f"“{window.purpose}” does not cover contact data.", purpose=window.purpose
        )


def _rows(
    people: Collection[UUID], fields: Collection[str]
) -> list[tuple[UUID, UUID, str, int, bytes]]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT o.subject_id, v.subject_id, v.field, v.slot, v.sealed
               FROM kernel_origin o JOIN profiles_vaultvalue v ON v.subject_id = o.origin
               WHERE o.subject_id = ANY(%s) AND v.field = ANY(%s)
               ORDER BY v.put_at""",
            [list(people), list(fields)],
        )
        return [(p, o, field, slot, bytes(sealed)) for p, o, field, slot, sealed in sql.fetchall()]


def _record_reading(
    rows: list[tuple[UUID, UUID, str, int, bytes]],
    fields: Collection[str],
    shown: str,
    actor: object,
    reason: str,
) -> None:
    read = sorted({person for person, *_ in rows})
    names = ",".join(sorted(fields))
    obj = f"{shown}:{names}"  # in clear, so that the log is searched by field
    detail = {"fields": names, "reason": reason[:200]}
    purpose = windows.required().purpose  # an entry written again after a rollback has it too
    entry = partial(record_many, str(actor), "vault.open", subjects=read, obj=obj, purpose=purpose)
    entry(detail=detail)
    remember(partial(entry, detail={**detail, "outcome": "rolled_back"}))


def _unseal(
    keys: dict[UUID, bytes], origin: UUID, field: str, slot: int, sealed: bytes, workspace: str
) -> str:
    if origin not in keys:
        raise VaultErased("This person's data key was destroyed.", subject=str(origin))
    aad = crypto.field_aad(workspace, TABLE, column(field, slot), origin)
    try:
        return crypto.unseal(keys[origin], sealed, aad).decode()
    except crypto.NotAuthentic:
        raise VaultTampered(
            f"{TABLE}.{field} of a subject does not open. Restore the row from a backup.",
            table=TABLE,
            column=field,
            subject=str(origin),
        ) from None
