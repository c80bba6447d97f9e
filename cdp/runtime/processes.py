"""
One child process: its own group, its own log, and an end with its parent.

On Linux a child asks the kernel for its stop signal when the launcher dies, so that `kill -9` on
the launcher leaves nothing running. That holds for children started by the main thread only: one
that a thread starts would die with the thread.
Source: runtime reference, part 4.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cdp.runtime.unprivileged import Account, drop

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 20 * 1024 * 1024


def at_once() -> bool:
    """Return True: the service is ready when its process runs."""
    return True


@dataclass(frozen=True, slots=True)
class Service:
    """
    A process that the supervisor starts and keeps running.

    `ready` says whether it does its work yet; `stop_signal` asks it to end in good order.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    ready: Callable[[], bool] = at_once
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    patience_s: float = 60.0
    is_server: bool = False  # a database others depend on: stopped after them, one by one


class Child:
    """A running service."""

    def __init__(self, service: Service, process: subprocess.Popen[bytes]) -> None:
        self.service = service
        self._process = process
        self.pid = process.pid

    def is_over(self) -> bool:
        """
        Return whether the process has ended; then nothing of its group is left.

        The group is killed while its dead leader still holds the number, so that no stranger who
        was given the number later can be hit.
        """
        if self._process.returncode is None and _has_exited(self.pid):
            _kill_group(self.pid, signal.SIGKILL)
            self._process.wait()
        return self._process.returncode is not None

    @property
    def exit_code(self) -> int:
        """Return the exit code, negative for a signal; only after the end."""
        assert self._process.returncode is not None
        return self._process.returncode

    def ask_to_stop(self) -> None:
        """Send the service's own stop signal to its main process."""
        if self._process.returncode is None:
            os.kill(self.pid, self.service.stop_signal)

    def kill(self) -> None:
        """End the whole group at once and reap the leader."""
        if self._process.returncode is None:
            _kill_group(self.pid, signal.SIGKILL)
            self._process.wait()


def spawn(service: Service, *, log: Path | None) -> Child:
    """
    Start `service` in a group of its own; output goes to `log`, or to the terminal where None.

    :raises OSError: the program cannot be started
    """
    output = _open_log(log) if log else None
    try:
        process = subprocess.Popen(
            service.command,
            cwd=service.folder,
            env=dict(service.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            process_group=0,
            preexec_fn=_end_with_parent(service.stop_signal),
            **drop(service.account),
        )
    finally:
        if output:
            output.close()
    return Child(service, process)


def _open_log(path: Path) -> IO[bytes]:
    """Open a log for appending, mode 0600; a full one is put aside first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".1.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent(stop: signal.Signals) -> Callable[[], None] | None:
    """Return what the child runs before its program, after it changed its user."""
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop))
        if os.getppid() != parent:  # it died between the fork and this line
            os._exit(1)

    return ask_kernel


def _has_exited(pid: int) -> bool:
    """Return whether the child has ended, without reaping it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(group: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)
