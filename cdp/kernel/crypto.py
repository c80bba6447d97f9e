"""
Sealing, wrapping, keyed digests: byte formats of the vault. Pure but for the nonce.

A sealed value is `0x01 || nonce(12) || ciphertext || tag(16)`, AES-256-GCM. The associated data
binds it to workspace, table, column and subject, so a ciphertext moved elsewhere does not open.
Source: NIST SP 800-38D; formats and known answers in the vault reference, part 1.2.
"""

import hashlib
import hmac
import os
import struct
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

AES_256_GCM = b"\x01"
NONCE_BYTES = 12
KEY_BYTES = 32
OVERHEAD_BYTES = 29
_SUBJECT_LENGTH = struct.pack(">I", 16)


class NotAuthentic(Exception):
    """A ciphertext that was not sealed by this key for this place; the caller names the place."""


def lp(*parts: str | bytes) -> bytes:
    """Return the parts joined unambiguously: a 4-byte big-endian length before each."""
    out = bytearray()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        out += struct.pack(">I", len(raw)) + raw
    return bytes(out)


def field_aad(workspace: str, table: str, column: str, subject: UUID) -> bytes:
    """Return the associated data that ties a sealed value to its cell; 0.3 µs."""
    return column_aad(workspace, table, column) + subject.bytes


def wrap_aad(kek_id: int, workspace: str, subject: UUID) -> bytes:
    """Return the associated data that ties a wrapped data key to its subject; 0.3 µs."""
    return _kek_aad(kek_id, workspace) + subject.bytes


# A batch has thousands of subjects and a handful of columns: all but the subject is joined once.
@lru_cache(maxsize=1024)
def column_aad(workspace: str, table: str, column: str) -> bytes:
    """Return what the associated data of all cells of a column begin with; the subject follows."""
    return lp("cdp1", workspace, table, column) + _SUBJECT_LENGTH


@lru_cache(maxsize=1024)
def _kek_aad(kek_id: int, workspace: str) -> bytes:
    return lp("dek1", struct.pack(">I", kek_id), workspace) + _SUBJECT_LENGTH


class Cipher:
    """AES-256-GCM under one key (32 bytes), made ready once for many values."""

    __slots__ = ("_gcm",)

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)

    def seal(self, plaintext: bytes, aad: bytes, *, nonce: bytes | None = None) -> bytes:
        """Return `plaintext` sealed; `nonce` is given by known-answer tests alone."""
        nonce = nonce or os.urandom(NONCE_BYTES)
        return AES_256_GCM + nonce + self._gcm.encrypt(nonce, plaintext, aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """
        Return the plaintext of `sealed`.

        :raises NotAuthentic: short, of an unknown format, altered, or sealed for another place
        """
        if len(sealed) < OVERHEAD_BYTES or sealed[:1] != AES_256_GCM:
            raise NotAuthentic("unknown format")
        try:
            return self._gcm.decrypt(sealed[1:13], sealed[13:], aad)
        except InvalidTag:
            raise NotAuthentic("bad tag") from None


def seal(key: bytes, plaintext: bytes, aad: bytes, *, nonce: bytes | None = None) -> bytes:
    """Return `plaintext` sealed under `key` (32 bytes); `nonce` is given by known-answer tests."""
    return Cipher(key).seal(plaintext, aad, nonce=nonce)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """
    Return the plaintext of `sealed`.

    :raises NotAuthentic: short, of an unknown format, altered, or sealed for another place
    """
    return Cipher(key).unseal(sealed, aad)


def new_key() -> bytes:
    """Return 32 fresh random bytes."""
    return os.urandom(KEY_BYTES)


def keyed_digest(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 of `message`, cut to 16 bytes."""
    return hmac.digest(key, message, "sha256")[:16]


def key_check_value(key: bytes) -> bytes:
    """Return 16 bytes that tell whether two processes hold the same key, and nothing more."""
    return keyed_digest(key, lp("cdp1", "kcv"))


def derive(root: bytes, *info: str) -> bytes:
    """Return the 32-byte key that HKDF-SHA256 derives from `root` for `info`."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=lp(*info)).derive(root)


def index_key(root: bytes, workspace: str, table: str, column: str, name: str) -> bytes:
    """Return the key of one blind index."""
    return derive(root, "cdp1", "bi", workspace, table, column, name)


def reference_key(root: bytes, workspace: str) -> bytes:
    """Return the key of the audit log's pseudonyms; it is never rotated."""
    return derive(root, "cdp1", "audit-ref", workspace)


def token_digest(token: str) -> bytes:
    """Return the SHA-256 under which a random token (128 bits or more) is stored."""
    return hashlib.sha256(token.encode()).digest()
