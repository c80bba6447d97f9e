"""Small documents that only their owner may read: written whole or not at all, mode 0600."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRET_MODE = 0o600


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text`; readers see the former text or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, SECRET_MODE)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)  # there only when the disk was full, say


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Replace `path` by `document` as JSON."""
    write_text(path, json.dumps(document, indent=1) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the document in `path`, or an empty one where there is no such file."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
