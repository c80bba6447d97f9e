"""
Subjects' data keys: made once, wrapped by the keyring, opened in sets.

Everything sealed about a person (vault values, events, audit details, consent evidence) is sealed
under their own data key; destroying it makes every copy unreadable.
"""

from collections.abc import Collection
from uuid import UUID

from cdp.kernel import crypto, database, keyring, workspaces, wraps
from cdp.kernel.crypto import Cipher
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import KeyMissing, Keyring, Use


class DataKeyTampered(CdpError):
    """A wrapped data key does not open for the subject it is stored under."""

    code = "data_key_tampered"


class DataKeys(dict[UUID, bytes]):
    """
    Data keys by subject. Who has one that does not open is in `failed`, with the reason.

    A subject in neither has no data key: it was never made, or destroyed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.failed: dict[UUID, DataKeyTampered | KeyMissing] = {}

    def all_or_none(self) -> "DataKeys":
        """
        Return these keys if each of them opened.

        :raises DataKeyTampered: one was altered or belongs to another subject
        :raises KeyMissing: a key-encryption key is not in the keyring
        """
        for failure in self.failed.values():
            raise failure
        return self


class KeyOpener:
    """Opens wrapped data keys; each key-encryption key is made ready once."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring
        self._ready: dict[int, Cipher] = {}

    def open(self, subject: UUID, kek_id: int, wrapped: bytes, workspace: str) -> bytes:
        """
        Return a data key; about 1.5 µs.

        :raises DataKeyTampered: it was altered or belongs to another subject
        :raises KeyMissing: the key-encryption key is not in the keyring
        """
        if (cipher := self._ready.get(kek_id)) is None:
            cipher = self._ready[kek_id] = Cipher(self._ring.get(Use.KEK, kek_id).material)
        try:
            return cipher.unseal(wrapped, crypto.wrap_aad(kek_id, workspace, subject))
        except crypto.NotAuthentic:
            raise DataKeyTampered(
                "A data key does not belong to its subject. Restore kernel_subjectkey.",
                subject=str(subject),
            ) from None


def data_keys(subjects: Collection[UUID]) -> DataKeys:
    """Return the data key of each subject that has one; one query, no key spoils another."""
    found = DataKeys()
    if not subjects:
        return found
    opener = KeyOpener(keyring.current())
    with database.cursor() as sql:
        sql.execute(
            """SELECT k.subject_id, k.kek_id, k.wrapped, w.key
               FROM kernel_subjectkey k JOIN kernel_workspace w ON w.id = k.workspace_id
               WHERE k.subject_id = ANY(%s)""",
            [list(subjects)],
        )
        rows = sql.fetchall()
    for subject, kek_id, wrapped, workspace in rows:
        try:
            found[subject] = opener.open(subject, kek_id, bytes(wrapped), workspace)
        except (DataKeyTampered, KeyMissing) as failure:
            found.failed[subject] = failure
    return found


def ensure_data_keys(subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """
    Return the data key of every subject given, making those that are missing.

    :raises DataKeyTampered: a key was altered or belongs to another subject
    :raises KeyMissing: a key-encryption key is not in the keyring
    :raises KeyWornOut: the active key-encryption key wraps no more
    """
    keys = data_keys(subjects).all_or_none()
    missing = [subject for subject in dict.fromkeys(subjects) if subject not in keys]
    if not missing:
        return keys
    workspace = workspaces.current()
    kek = keyring.current().active(Use.KEK)
    wraps.count(kek.id, len(missing))
    cipher = Cipher(kek.material)
    fresh = {subject: crypto.new_key() for subject in missing}
    wrapped = [
        cipher.seal(key, crypto.wrap_aad(kek.id, workspace.key, subject))
        for subject, key in fresh.items()
    ]
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO kernel_subjectkey (subject_id, workspace_id, kek_id, wrapped, created_at)
               SELECT s, %s, %s, w, now() FROM unnest(%s::uuid[], %s::bytea[]) AS n(s, w)
               ON CONFLICT (subject_id) DO NOTHING""",
            [workspace.id, kek.id, missing, wrapped],
        )
        if sql.rowcount == len(missing):
            return keys | fresh
    return keys | data_keys(missing).all_or_none()  # another process made some of them first
