"""
Checkpoints: the log's size and root as a signed note. Pure.

The text is origin, decimal size and base64 root, a line each; signature lines follow a blank
line. Unknown signatures are ignored; a known key that fails refuses the note.
Source: C2SP signed-note and tlog-checkpoint; RFC 8032 (Ed25519).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.merkle import HASH_BYTES
from cdp.kernel.errors import CdpError

ED25519, COSIGNS = b"\x01", b"\x04"  # types of keys: a log's own, a witness's
SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x1f]+")


class NoteRefused(CdpError):
    """A checkpoint that is malformed or that no known key vouches for."""

    code = "note_refused"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, how many entries, the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the signed text, final newline included."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a signing key, the name it signs under, and what it signs as."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        """Return the 4 bytes that tell this key's signatures from others."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(self.kind + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str, *, kind: bytes = ED25519) -> Self:
        """
        Return the key written as `name+id+key`, which must be of this `kind`.

        :raises NoteRefused: not a verifier key, or its id does not belong to it
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = decoded(encoded)
        key = cls(name, raw[1:], kind)
        if raw[:1] != kind or len(raw) != 33 or not name or key.id.hex() != key_id:
            raise NoteRefused("This is not a verifier key. Copy the whole line of “audit vkey”.")
        return key


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key: Ed25519 seed of 32 bytes, and the log's name."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """Return the public half, to publish."""
        return VerifierKey(self.name, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def line(self, text: str) -> str:
        """Return this key's signature line under `text`."""
        signed = base64.b64encode(self.verifier.id + self._private.sign(text.encode())).decode()
        return f"— {self.name} {signed}\n"


def sign(checkpoint: Checkpoint, signers: Sequence[Signer]) -> str:
    """
    Return the note: text, blank line, a signature line of each signer.

    :raises NoteRefused: the origin cannot be a name (white space or a plus sign in it)
    """
    if not _NAME.fullmatch(checkpoint.origin):
        raise NoteRefused("The log's origin holds white space or “+”. Give the sign key another.")
    return checkpoint.text + "\n" + "".join(key.line(checkpoint.text) for key in signers)


def text_of(note: str) -> str:
    """Return what is signed in a note: its text, final newline included."""
    return note.partition("\n\n")[0] + "\n"


def read(note: str, keys: Collection[VerifierKey]) -> Checkpoint:
    """
    Return the checkpoint in a note that one of `keys`, named like the log, has signed.

    :raises NoteRefused: malformed, a known key's signature fails, or no known key signed
    """
    text, blank, signatures = note.partition("\n\n")
    checkpoint = _parse(text + "\n")
    if not blank or not signatures.endswith("\n"):
        raise NoteRefused("The checkpoint has no signature lines.")
    verified = False
    for line in signatures[:-1].split("\n"):
        match = SIGNATURE.fullmatch(line)
        if match is None:
            raise NoteRefused("A signature line of the checkpoint is malformed.")
        name, raw = match[1], decoded(match[2])
        for key in keys:
            if key.name == name == checkpoint.origin and raw[:4] == key.id:
                _check(key, raw[4:], checkpoint.text)
                verified = True
    if not verified:
        raise NoteRefused("No known key signed this checkpoint.")
    return checkpoint


def _parse(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 4 or not _NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteRefused("This is not a checkpoint: origin, size and root, a line each.")
    checkpoint = Checkpoint(lines[0], int(lines[1]), decoded(lines[2]))
    if len(checkpoint.root) != HASH_BYTES or checkpoint.text != text:
        raise NoteRefused("The checkpoint's root is not 32 bytes of base64.")
    return checkpoint


def _check(key: VerifierKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        raise NoteRefused("A signature under the checkpoint does not fit it.") from None


def decoded(text: str) -> bytes:
    """
    Return the bytes of base64 in its one form.

    :raises NoteRefused: it is in another
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused("The checkpoint holds malformed base64.") from None
    if base64.b64encode(raw).decode() != text:  # stray bits at the end
        raise NoteRefused("The checkpoint holds malformed base64.")
    return raw
