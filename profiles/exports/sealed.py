"""
The file of an export, sealed in parts: each bound to its export and its place in the file.

The key is random and wrapped by the keyring's active key-encryption key; who has neither the
keyring nor the row has nothing. Parts taken out, swapped or cut off are noticed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cdp.kernel import crypto, keyring, workspaces, wraps
from cdp.kernel.crypto import Cipher
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use


class ExportTampered(CdpError):
    """A part of an export's file, or its key, is not what was written."""

    code = "export_tampered"


@dataclass(frozen=True, slots=True)
class FileKey:
    """The key of one file, and how it is kept."""

    kek_id: int
    wrapped: bytes
    material: bytes = field(repr=False)


def new_key(export: UUID) -> FileKey:
    """
    Return a fresh key for an export's file.

    :raises KeyMissing: the keyring has no key-encryption key
    """
    kek = keyring.current().active(Use.KEK)
    wraps.count(kek.id, 1)
    material = crypto.new_key()
    return FileKey(kek.id, crypto.seal(kek.material, material, _key_aad(export)), material)


def open_key(export: UUID, *, kek_id: int, wrapped: bytes) -> bytes:
    """
    Return the key of an export's file.

    :raises KeyMissing: its key-encryption key is not in the keyring any more
    :raises ExportTampered: it belongs to another export, or was altered
    """
    kek = keyring.current().get(Use.KEK, kek_id)
    try:
        return crypto.unseal(kek.material, wrapped, _key_aad(export))
    except crypto.NotAuthentic:
        raise _tampered(export) from None


def seal_part(key: bytes, text: str, *, export: UUID, number: int) -> bytes:
    """Return one part of the file, sealed for its place."""
    return Cipher(key).seal(text.encode(), _part_aad(export, number))


def open_parts(key: bytes, parts: Iterable[bytes], *, export: UUID) -> Iterator[bytes]:
    """
    Yield the parts of a file in the clear, in their order.

    :raises ExportTampered: one was altered or stands in another place
    """
    cipher = Cipher(key)
    for number, part in enumerate(parts):
        try:
            yield cipher.unseal(part, _part_aad(export, number))
        except crypto.NotAuthentic:
            raise _tampered(export) from None


def _key_aad(export: UUID) -> bytes:
    return crypto.lp("export-key1", workspaces.current().key, export.bytes)


def _part_aad(export: UUID, number: int) -> bytes:
    return crypto.lp("export1", export.bytes, str(number))


def _tampered(export: UUID) -> ExportTampered:
    return ExportTampered(
        "The file is not what was written, so it is not handed out. Make the export again.",
        export=str(export),
    )
