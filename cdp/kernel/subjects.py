"""
Subjects' data keys: made once, wrapped by the keyring, opened in sets.

Everything sealed about a person (vault values, events, audit details, consent evidence) is sealed
under their own data key; destroying it makes every copy unreadable.
"""

from collections.abc import Collection
from uuid import UUID

from cdp.kernel import crypto, database, keyring, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use


class DataKeyTampered(CdpError):
    """A wrapped data key does not open for the subject it is stored under."""

    code = "data_key_tampered"


def data_keys(subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """
    Return the data key of each subject that has one; one query, about 1.4 µs to unwrap each.

    :raises DataKeyTampered: a key was altered or belongs to another subject
    :raises KeyMissing: the key-encryption key is not in the keyring
    """
    if not subjects:
        return {}
    ring = keyring.current()
    with database.cursor() as sql:
        sql.execute(
            """SELECT k.subject_id, k.kek_id, k.wrapped, w.key
               FROM kernel_subjectkey k JOIN kernel_workspace w ON w.id = k.workspace_id
               WHERE k.subject_id = ANY(%s)""",
            [list(subjects)],
        )
        rows = sql.fetchall()
    return {
        subject: _unwrap(ring, subject, kek_id, bytes(wrapped), workspace)
        for subject, kek_id, wrapped, workspace in rows
    }


def _unwrap(
    ring: keyring.Keyring, subject: UUID, kek_id: int, wrapped: bytes, workspace: str
) -> bytes:
    kek = ring.get(Use.KEK, kek_id)
    try:
        return crypto.unseal(kek.material, wrapped, crypto.wrap_aad(kek_id, workspace, subject))
    except crypto.NotAuthentic:
        raise DataKeyTampered(
            "A data key does not belong to its subject. Restore kernel_subjectkey.",
            subject=str(subject),
        ) from None


def ensure_data_keys(subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """Return the data key of every subject given, making those that are missing."""
    keys = data_keys(subjects)
    missing = [subject for subject in dict.fromkeys(subjects) if subject not in keys]
    if not missing:
        return keys
    workspace = workspaces.current()
    kek = keyring.current().active(Use.KEK)
    fresh = {subject: crypto.new_key() for subject in missing}
    wrapped = [
        crypto.seal(kek.material, key, crypto.wrap_aad(kek.id, workspace.key, subject))
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
    return keys | data_keys(missing)  # another process made some of them first
