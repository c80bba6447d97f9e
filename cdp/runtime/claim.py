"""One launcher per `var/` folder: a lock that the kernel gives back whatever ends its holder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdp.kernel.errors import CdpError


class AlreadyRunning(CdpError):
    """Another launcher works in this folder."""

    code = "already_running"


@contextmanager
def only_launcher(var: Path) -> Iterator[None]:
    """
    Hold `var` for the length of the block.

    :raises AlreadyRunning: another process holds it
    """
    var.mkdir(parents=True, exist_ok=True)
    handle = os.open(var / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode().strip() or "unknown"
            raise AlreadyRunning(
                f"Candor already runs in {var} (process {holder}). Stop that one with Ctrl-C, "
                "or set CDP_VAR to another folder."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
