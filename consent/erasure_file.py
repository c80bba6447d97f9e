"""
The erasure ledger's file, outside the database: one JSON object a line, no personal value.

Ship it with the backups: it must be newer than the one that is restored. Appending reaches the disk
before it returns; a line torn by a crash is passed over, and written again by the next erasure.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

FILE = "erasure-ledger.ndjson"
MODE = 0o600


@dataclass(frozen=True, slots=True)
class Line:
    """One person erased; `origins` are the subject ids they had, `counts` rows by table."""

    id: UUID
    workspace: UUID
    subject: UUID
    origins: tuple[UUID, ...]
    reason: str
    actor: str
    requested_at: datetime
    erased_at: datetime
    counts: Mapping[str, int]


def path() -> Path:
    """Return where the ledger's file lies."""
    return Path(settings.VAR) / FILE


def lines() -> Iterator[Line]:
    """Yield every erasure of the file, oldest first."""
    if path().exists():
        with path().open("rb") as file:
            for text in file:
                if (line := _parsed(text)) is not None:
                    yield line


def append(new: Sequence[Line]) -> None:
    """Write lines at the end of the file and wait until the disk has them."""
    if not new:
        return
    path().parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, MODE)
    with os.fdopen(handle, "a+b") as file:
        # a crash may have torn the last line; a new line sets it apart from what follows
        text = "".join(_rendered(line) + "\n" for line in new)
        file.write((("" if _ends_whole(file.fileno()) else "\n") + text).encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_whole(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _rendered(line: Line) -> str:
    return json.dumps(
        {
            "id": str(line.id),
            "workspace": str(line.workspace),
            "subject": str(line.subject),
            "origins": [str(origin) for origin in line.origins],
            "reason": line.reason,
            "actor": line.actor,
            "requested_at": line.requested_at.isoformat(),
            "erased_at": line.erased_at.isoformat(),
            "counts": dict(line.counts),
        },
        separators=(",", ":"),
    )


def _parsed(text: bytes) -> Line | None:
    try:
        said = json.loads(text)
        return Line(
            id=UUID(said["id"]),
            workspace=UUID(said["workspace"]),
            subject=UUID(said["subject"]),
            origins=tuple(UUID(origin) for origin in said["origins"]),
            reason=str(said["reason"]),
            actor=str(said["actor"]),
            requested_at=datetime.fromisoformat(said["requested_at"]),
            erased_at=datetime.fromisoformat(said["erased_at"]),
            counts=dict(said["counts"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
