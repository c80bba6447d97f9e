"""
Pseudonyms: how the log names a person.

HMAC under a key that is never rotated, so one person has one pseudonym; who lacks the key finds
no way from it to a person.
"""

from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

from cdp.kernel import crypto, keyring, workspaces
from cdp.kernel.keyring import Use


def of(subject: UUID, *, workspace_key: str | None = None) -> bytes:
    """
    Return the 16-byte pseudonym of a subject in a workspace, the current one by default.

    :raises NoWorkspace: none was named and none entered
    :raises KeyMissing: the keyring has no reference key
    """
    return namer(workspace_key=workspace_key)(subject.bytes)


def namer(*, workspace_key: str | None = None) -> Callable[[bytes], bytes]:
    """
    Return what makes one workspace's pseudonyms from the bytes of subjects, for very many.

    :raises NoWorkspace: none was named and none entered
    :raises KeyMissing: the keyring has no reference key
    """
    named = workspaces.current().key if workspace_key is None else workspace_key
    key = _key(keyring.current().active(Use.REFERENCE).material, named)
    return lambda subject: crypto.keyed_digest(key, subject)


@lru_cache(maxsize=256)  # a batch asks ten thousand times, and the key never changes
def _key(root: bytes, workspace_key: str) -> bytes:
    return crypto.reference_key(root, workspace_key)
