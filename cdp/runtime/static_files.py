"""Whether the collected static files still are those of the source."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(folders: Iterable[Path], *, lock: Path) -> str:
    """
    Return a digest of names, sizes and times below `folders`, and of the lock file.

    The lock stands for the static files inside installed packages.
    """
    digest = hashlib.sha256(lock.read_bytes() if lock.exists() else b"")
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                facts = path.stat()
                name = path.relative_to(folder).as_posix()
                digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def are_current(collected: Path, *, stamp: Path, wanted: str) -> bool:
    """Return whether `collected` was made from the sources whose fingerprint is `wanted`."""
    return collected.exists() and stamp.exists() and stamp.read_text() == wanted
