"""
Proof files: that one entry is in the log, checkable by anyone who has the verifier key.

The file carries the entry itself in its `extra` line; the verifier hashes it, so nothing needs to
be trusted but the key. Source: C2SP tlog-proof@v1.
"""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass

from audit import checkpoint, leaf, merkle, shelf, tiles
from audit.checkpoint import Checkpoint, VerifierKey
from audit.leaf import Leaf
from audit.models import Leaf as StoredLeaf
from cdp.kernel.errors import CdpError

FORMAT = "c2sp.org/tlog-proof@v1"
MEDIA_TYPE = "application/octet-stream"
_FILE = re.compile(
    rf"{re.escape(FORMAT)}\nextra (?P<leaf>\S+)\nindex (?P<index>0|[1-9][0-9]{{0,18}})\n"
    r"(?P<path>(?:[A-Za-z0-9+/]{43}=\n){0,63})\n(?P<note>.+)",
    re.DOTALL,
)


class ProofRefused(CdpError):
    """A file that does not prove what it claims."""

    code = "proof_refused"


class NoSuchEntry(CdpError):
    """The log has no such entry, or not for the one who asks."""

    code = "no_such_entry"


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof file showed: this entry, at this place, under this checkpoint."""

    index: int
    entry: Leaf
    checkpoint: Checkpoint


def file_name(index: int) -> str:
    """Return the name under which a proof is handed out."""
    return f"entry-{index}.tlog-proof"


def prove(index: int) -> str:
    """
    Return the proof file of entry `index`, in three queries.

    The checkpoint is the newest that a witness signed and that holds the entry, else the newest.
    Row-level security decides which entries exist for the role at hand.

    :raises NoSuchEntry: not in the log, not for this reader, or its detail was dropped
    """
    signed = shelf.checkpoint_over(index)
    row = StoredLeaf.objects.filter(idx=index).first() if signed else None
    if row is None or signed is None or index >= signed.size:
        raise NoSuchEntry("The log has no such entry, or its detail was dropped.")
    held = tiles.asked_of(lambda node: merkle.inclusion_path(index, signed.size, node))
    path = merkle.inclusion_path(index, signed.size, shelf.tiles(held).node)
    return render(bytes(row.leaf), index=index, path=path, note=signed.note)


def render(raw: bytes, *, index: int, path: Collection[bytes], note: str) -> str:
    """Return the text of a proof file."""
    steps = "".join(base64.b64encode(step).decode() + "\n" for step in path)
    extra = base64.b64encode(raw).decode()
    return f"{FORMAT}\nextra {extra}\nindex {index}\n{steps}\n{note}"


def verify_proof(text: str, vkey: str) -> Proved:
    """
    Return what the proof file `text` shows to a holder of the verifier key `vkey`.

    :raises ProofRefused: malformed, or the entry is not in the checkpoint
    :raises LeafRefused: the entry is not one of a log like this
    :raises NoteRefused: the key did not sign the checkpoint
    """
    match = _FILE.fullmatch(text)
    if match is None:
        raise ProofRefused("This is not a proof file. Download it again.")
    raw = _decoded(match["leaf"])
    entry = leaf.decode(raw)
    signed = checkpoint.read(match["note"], [VerifierKey.parse(vkey)])
    index = int(match["index"])
    path = [_decoded(step) for step in match["path"].split()]
    found = merkle.includes(
        merkle.leaf_hash(raw), path, index=index, size=signed.size, root=signed.root
    )
    if not found:
        raise ProofRefused("The entry is not in this checkpoint. Keep the file as evidence.")
    return Proved(index, entry, signed)


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofRefused("The proof file holds malformed base64.") from None
    if base64.b64encode(raw).decode() != text:
        raise ProofRefused("The proof file holds base64 in a form of its own.")
    return raw
