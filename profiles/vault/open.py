"""
The only decryption of personal values: inside an open window, in sets, always on the record.

One inbox row per person is written in the window's own transaction, so no plain value leaves
before its reading is on record; if the window rolls back, the entries are written again. A value
that does not open is named and never stands as an empty text; the others are served.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import islice
from uuid import UUID

from audit.inbox import record_many
from cdp.kernel import database, subjects, windows, workspaces
from cdp.kernel.crypto import NotAuthentic
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import KeyMissing
from cdp.kernel.protected import Category
from cdp.kernel.subjects import DataKeys
from consent import purposes
from consent.catalog import UNCONDITIONAL
from consent.window import remember
from profiles.vault import fields as catalogue
from profiles.vault.cells import TABLE, Cell, Cells
from profiles.vault.fields import Sensitivity
from profiles.vault.mask import MASKS

CHUNK = 10_000
Row = tuple[UUID, Cell, bytes]  # who it is now, where it stands, what is there


class VaultUnreadable(CdpError):
    """Parent of what keeps one cell closed; names table, column and subject."""

    code = "vault_unreadable"

    def __init__(self, message: str, cell: Cell) -> None:
        super().__init__(message, table=TABLE, column=cell.field, subject=str(cell.subject))


class VaultTampered(VaultUnreadable):
    """A value does not belong to the cell it was found in, or its data key to the subject."""

    code = "vault_tampered"


class VaultKeyMissing(VaultUnreadable):
    """The key-encryption key of a person's data key is not in the keyring."""

    code = "vault_key_missing"


class VaultErased(VaultUnreadable):
    """The person's data key is gone, and every value with it."""

    code = "vault_erased"


class FieldNotPermitted(CdpError):
    """The open purpose does not cover this kind of value."""

    code = "field_not_permitted"


class Opened(dict[UUID, dict[str, str]]):
    """Values by person and field; cells that could not be opened are in `failed`, not here."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: list[VaultUnreadable] = []
        self._unreadable: dict[UUID, set[str]] = {}

    def fail(self, person: UUID, field: str, why: VaultUnreadable) -> None:
        """Note that a person's cell does not open."""
        self.failed.append(why)
        self._unreadable.setdefault(person, set()).add(field)

    def unreadable(self, person: UUID) -> frozenset[str]:
        """Return the fields of a person that are there and do not open."""
        return frozenset(self._unreadable.get(person, ())) - self.get(person, {}).keys()

    def stop_if_keys_are_missing(self) -> None:
        """
        Refuse to go on with less than there is: a job would skip people it could serve later.

        :raises VaultKeyMissing: a key-encryption key is not in the keyring
        """
        for failure in self.failed:
            if isinstance(failure, VaultKeyMissing):
                raise failure


def open(
    people: Collection[UUID], fields: Collection[str], *, actor: object, reason: str = ""
) -> Opened:
    """
    Return the plain values of these fields for those of `people` whom the open window shows.

    A person is named once for all their origins; the value put last wins. Who is hidden by the
    window is absent, like who has no value. Three queries, whatever the number.

    :raises PurposeRequired: no window is open
    :raises FieldNotPermitted: the window's purpose does not cover a field
    :raises UnknownField: the catalogue does not list a field
    """
    return _open(people, fields, actor=actor, reason=reason, shown="fields")


def _open(
    people: Collection[UUID], fields: Collection[str], *, actor: object, reason: str, shown: str
) -> Opened:
    windows.required()
    for field in fields:
        _refuse_uncovered(field)
    rows = _rows(people, fields)
    opened = Opened()
    if not rows:
        return opened
    _record_reading(rows, fields, shown, actor, reason)
    keys = subjects.data_keys({cell.subject for _, cell, _ in rows})
    cells = Cells(keys, workspaces.current().key)
    unreadable: defaultdict[str, list[UUID]] = defaultdict(list)
    for person, cell, sealed in rows:
        try:
            value = _unsealed(cells, keys, cell, sealed)
        except VaultUnreadable as failure:
            opened.fail(person, cell.field, failure)
            unreadable[cell.field].append(person)
        else:
            opened.setdefault(person, {})[cell.field] = value
    for field, whose in unreadable.items():  # many at once: without its KEK, nobody's opens
        _record_kept(actor, "vault.unreadable", subjects=whose, detail={"field": field})
    return opened


def open_many(
    people: Iterable[UUID],
    fields: Collection[str],
    *,
    actor: object,
    reason: str = "",
    chunk: int = CHUNK,
) -> Iterator[Opened]:
    """
    Yield what `open` returns for `chunk` people at a time; memory stays at one chunk.

    :raises PurposeRequired, FieldNotPermitted, UnknownField: as `open`, before the first chunk
    """
    waiting = iter(people)
    while some := list(islice(waiting, chunk)):
        yield open(some, fields, actor=actor, reason=reason)


def open_masked(people: Collection[UUID], fields: Collection[str], *, actor: object) -> Opened:
    """Return values as a screen may show them; the reading is on the record all the same."""
    opened = _open(people, fields, actor=actor, reason="masked", shown="masked")
    region = workspaces.current().region
    for values in opened.values():
        for field, value in values.items():
            values[field] = MASKS[catalogue.get(field).mask](value, region)
    return opened


def may_open(field: str) -> bool:
    """
    Say whether the open window may show a field.

    :raises PurposeRequired: no window is open
    :raises UnknownField: the catalogue does not list it
    """
    window, wanted = windows.required(), catalogue.get(field)
    if window.kind == "subject":
        return True  # their own values
    if wanted.sensitivity is Sensitivity.SENSITIVE and window.purpose not in UNCONDITIONAL:
        return False
    return {Category.CONTACT, wanted.category} <= purposes.spec(window.purpose).categories


def _refuse_uncovered(field: str) -> None:
    if not may_open(field):
        purpose = windows.required().purpose
        raise FieldNotPermitted(
            f"“{purpose}” does not cover “{field}”.", purpose=purpose, field=field
        )


def _rows(people: Collection[UUID], fields: Collection[str]) -> list[Row]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT o.subject_id, v.subject_id, v.field, v.slot, v.sealed
               FROM kernel_origin o JOIN profiles_vaultvalue v ON v.subject_id = o.origin
               WHERE o.subject_id = ANY(%s) AND v.field = ANY(%s)
               ORDER BY o.subject_id, v.put_at""",
            [list(people), list(fields)],
        )
        return [
            (person, Cell(origin, field, slot), bytes(sealed))
            for person, origin, field, slot, sealed in sql.fetchall()
        ]


def _record_reading(
    rows: list[Row], fields: Collection[str], shown: str, actor: object, reason: str
) -> None:
    read = sorted({person for person, *_ in rows})
    names = ",".join(sorted(fields))
    obj = f"{shown}:{names}"  # in clear, so that the log is searched by field
    detail = {"fields": names, "reason": reason[:200]}
    _record_kept(actor, "vault.open", subjects=read, obj=obj, detail=detail)


def _record_kept(
    actor: object, act: str, *, subjects: list[UUID], detail: dict[str, str], obj: str = ""
) -> None:
    """Put an act on many people on the record, and once more should the window roll back."""
    purpose = windows.required().purpose  # an entry written again after a rollback has it too
    entry = partial(record_many, str(actor), act, subjects=subjects, obj=obj, purpose=purpose)
    entry(detail=detail)
    remember(partial(entry, detail={**detail, "outcome": "rolled_back"}))


def _unsealed(cells: Cells, keys: DataKeys, cell: Cell, sealed: bytes) -> str:
    spoiled = keys.failed.get(cell.subject)
    if isinstance(spoiled, KeyMissing):
        raise VaultKeyMissing(
            "The key of a person's data key is missing. Restore the keyring from its backup.", cell
        )
    if spoiled is not None:
        raise VaultTampered("A data key belongs to somebody else. Restore kernel_subjectkey.", cell)
    if cell.subject not in keys:
        raise VaultErased("This person's data key was destroyed.", cell)
    try:
        return cells.unseal(cell, sealed)
    except (NotAuthentic, UnicodeDecodeError):
        raise VaultTampered(
            f"{TABLE}.{cell.field} of a subject does not open. Restore the row from a backup.", cell
        ) from None
