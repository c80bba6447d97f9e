"""
Consistency files: that a checkpoint which somebody kept is a beginning of the log as it is now.

The file holds both checkpoints and the hashes between them, so it is checked without the log.
Grammar: `docs/reference/log-files.md`. Source: RFC 6962 section 2.1.2.
"""

import base64
from collections.abc import Sequence

from audit import checkpoint, merkle, shelf, signing, tiles
from audit.checkpoint import Checkpoint
from audit.exports import FORMAT as EXPORT
from audit.proofs import FORMAT as PROOF
from audit.shelf import Signed
from cdp.kernel.errors import CdpError

FORMAT = "candor/audit-consistency@v1"


class LogContradicts(CdpError):
    """What was kept and what the log is now cannot both be true: history was rewritten."""

    code = "log_contradicts"


def path_between(old: int, new: Signed) -> list[bytes]:
    """Return the hashes that show that `new` only adds to the first `old` entries; one query."""
    held = tiles.asked_of(lambda node: merkle.consistency_path(old, new.size, node))
    return merkle.consistency_path(old, new.size, shelf.tiles(held).node)


def prove_growth(kept: str) -> str:
    """
    Return the file which shows that the newest checkpoint only adds to the one that was `kept`.

    :raises NoteRefused: what was kept is no checkpoint of this log
    :raises LogContradicts: the log has another history than the one that was kept
    """
    old = checkpoint.read(kept, signing.verifiers())
    new = shelf.newest_checkpoint()
    path = path_between(old.size, new) if new and old.size <= new.size else []
    if new is None or not _extends(old, new, path):
        raise LogContradicts(
            f"The checkpoint of {old.size} entries that was kept does not lead to this log. Keep "
            f"the file as evidence and run “manage.py verify_audit”.",
            size=old.size,
        )
    return render(path, old=kept, new=new.note)


def note_in(text: str) -> str:
    """Return the checkpoint in a file that somebody kept: a checkpoint, a proof or an export."""
    begins_otherwise = text.startswith((f"{PROOF}\n", f"{EXPORT}\n"))
    return text.partition("\n\n")[2] if begins_otherwise else text


def render(path: Sequence[bytes], *, old: str, new: str) -> str:
    """Return the text of a consistency file."""
    steps = "".join(base64.b64encode(step).decode() + "\n" for step in path)
    return f"{FORMAT}\n{steps}\n{old}\n{new}"


def _extends(old: Checkpoint, new: Signed, path: Sequence[bytes]) -> bool:
    return merkle.extends(path, old=old.size, old_root=old.root, new=new.size, new_root=new.root)
