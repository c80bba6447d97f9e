"""
Cosignatures: a witness's signature, with its time, under a checkpoint of ours. Pure.

A witness signs a checkpoint only after it saw that it adds to the one that it signed before, so
whoever holds our signing key still cannot show two histories. Source: C2SP tlog-cosignature.
"""

from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import SIGNATURE, NoteRefused, VerifierKey, decoded

_BYTES = 4 + 8 + 64  # key id, seconds since 1970, signature


def message(text: str, at: int) -> bytes:
    """Return what a witness signs: `text` of the checkpoint, seen `at` (seconds since 1970)."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def is_of(line: str, key: VerifierKey) -> bool:
    """Return whether a signature line names this key."""
    match = SIGNATURE.fullmatch(line.removesuffix("\n"))
    return match is not None and match[1] == key.name and decoded(match[2])[:4] == key.id


def read(line: str, key: VerifierKey, text: str) -> datetime:
    """
    Return when the witness signed the checkpoint `text`.

    :raises NoteRefused: the line is malformed, another's, or its signature does not fit
    """
    match = SIGNATURE.fullmatch(line.removesuffix("\n"))
    raw = decoded(match[2]) if match else b""
    if match is None or match[1] != key.name or len(raw) != _BYTES or raw[:4] != key.id:
        raise NoteRefused("This is not a signature of the witness.")
    at = int.from_bytes(raw[4:12], "big")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[12:], message(text, at))
        return datetime.fromtimestamp(at, UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError):
        raise NoteRefused("The witness's signature does not fit the checkpoint.") from None
