"""
Checkpoints in a file outside the database, appended after commit.

Whoever rewrites the database cannot agree with this file, nor with its copies elsewhere. One JSON
object a line: `size`, `root` (base64), `note`. Appending reaches the disk before it returns.
"""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from audit import shelf
from audit.models import Checkpoint
from audit.shelf import Signed
from cdp.kernel.errors import CdpError

_BATCH = 1_000
_TAIL_BYTES = 64 * 1024  # a line has about 400


class LogForked(CdpError):
    """The database's log is older than, or another than, the one that was anchored."""

    code = "log_forked"


def path() -> Path:
    """Return where checkpoints are anchored."""
    return Path(settings.VAR) / "audit" / "checkpoints.ndjson"


def anchored() -> Iterator[Signed]:
    """Yield every anchored checkpoint, oldest first; a line torn by a crash is passed over."""
    if path().exists():
        with path().open("rb") as file:
            for line in file:
                if signed := _parsed(line):
                    yield signed


def newest() -> Signed | None:
    """Return the newest anchored checkpoint."""
    if not path().exists():
        return None
    with path().open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = file.readlines()
    return next((signed for line in reversed(lines) if (signed := _parsed(line))), None)


def publish() -> int:
    """Append the checkpoints that are stored and not yet anchored; return how many."""
    last = newest()
    after, count = (last.size if last else -1), 0
    while batch := shelf.checkpoints(after=after, limit=_BATCH):
        _append(batch)
        after, count = batch[-1].size, count + len(batch)
    return count


def check() -> None:
    """
    Compare the newest anchor with the database.

    :raises LogForked: the database has a smaller log, or another one
    """
    last = newest()
    if last is None:
        return
    stored = Checkpoint.objects.filter(size=last.size).first()
    if stored is None or bytes(stored.root) != last.root:
        raise LogForked(
            f"The log that was anchored has {last.size} entries; this database has another one. "
            f"Restore the newer database, or, after an accepted restore, run “manage.py audit "
            f"new-origin --reason …”.",
            size=last.size,
        )


def archive() -> Path | None:
    """Put the file aside under the name of its last size, for a log that begins a new origin."""
    last = newest()
    if last is None:
        return None
    return path().rename(path().with_name(f"checkpoints-{last.size}.ndjson"))


def _append(batch: list[Signed]) -> None:
    lines = [
        json.dumps(
            {"size": s.size, "root": base64.b64encode(s.root).decode(), "note": s.note},
            ensure_ascii=False,
        )
        for s in batch
    ]
    path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path().open("ab") as file:
        # a crash may have torn the last line; a new line sets it apart from what follows
        torn = file.tell() > 0 and not _ends_a_line(path())
        file.write(("\n" if torn else "").encode() + ("\n".join(lines) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(where: Path) -> bool:
    with where.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _parsed(line: bytes) -> Signed | None:
    try:
        document = json.loads(line)
        root = base64.b64decode(document["root"], validate=True)
        return Signed(int(document["size"]), root, str(document["note"]))
    except (ValueError, KeyError, TypeError):
        return None
