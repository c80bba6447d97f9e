"""
Cells of the vault: sealing and unsealing many, each bound to workspace, table, column and subject.

Names in the associated data are fixed here and never the database's own: a renamed table would
make every value unreadable.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from cdp.kernel import crypto
from cdp.kernel.crypto import Cipher

TABLE = "vault"


class Cell(NamedTuple):
    """Where one value stands."""

    subject: UUID
    field: str
    slot: int = 1


class Cells:
    """Seals and unseals cells of one workspace; quickest where a subject's follow one another."""

    def __init__(self, keys: Mapping[UUID, bytes], workspace: str) -> None:
        self._keys = keys
        self._workspace = workspace
        self._columns: dict[tuple[str, int], bytes] = {}
        self._ready: tuple[UUID, Cipher] | None = None  # one: thousands would cost more to keep

    def seal(self, cell: Cell, text: str) -> bytes:
        """
        Return a text sealed for its cell; about 3 µs.

        :raises KeyError: there is no data key for the subject
        """
        return self._cipher(cell.subject).seal(text.encode(), self._bound(cell))

    def unseal(self, cell: Cell, sealed: bytes) -> str:
        """
        Return the text in a cell; about 3 µs.

        :raises KeyError: there is no data key for the subject
        :raises NotAuthentic: altered, cut off, in plain text, or sealed for another cell
        """
        return self._cipher(cell.subject).unseal(sealed, self._bound(cell)).decode()

    def _cipher(self, subject: UUID) -> Cipher:
        if self._ready is None or self._ready[0] != subject:
            self._ready = subject, Cipher(self._keys[subject])
        return self._ready[1]

    def _bound(self, cell: Cell) -> bytes:
        subject, field, slot = cell
        column = self._columns.get((field, slot))
        if column is None:
            column = crypto.column_aad(self._workspace, TABLE, f"{field}#{slot}")
            self._columns[field, slot] = column
        return column + subject.bytes
