"""
Find and end the processes that a killed launcher left behind.

The launcher writes the number and the birth of each child to a record. A number alone proves
nothing: the system hands it out again; the same number with the same birth is the same process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cdp.runtime import private_files
from cdp.runtime.processes import Child

GRACE_S = 10.0
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Left:
    """A recorded process that still runs."""

    name: str
    pid: int
    birth: str
    stop_signal: int


def birth(pid: int) -> str | None:
    """Return when the process `pid` began, in the system's own words; None where none runs."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]  # clock ticks since the system started
    told = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or None


def write_record(record: Path, children: Iterable[Child]) -> None:
    """Write down which processes run now."""
    rows = [
        {
            "name": child.service.name,
            "pid": child.pid,
            "birth": birth(child.pid),
            "stop_signal": int(child.service.stop_signal),
        }
        for child in children
    ]
    private_files.write_json(record, {"processes": rows})


def find(record: Path) -> list[Left]:
    """Return the recorded processes that still run, newest first."""
    rows = private_files.read_json(record).get("processes", [])
    left = [Left(row["name"], row["pid"], row["birth"], row["stop_signal"]) for row in rows]
    return [one for one in reversed(left) if one.birth and birth(one.pid) == one.birth]


def end(record: Path, *, grace_s: float = GRACE_S) -> list[str]:
    """
    Ask every process left behind to stop, kill what does not, and return their names.

    They were asked already when their launcher died (on Linux), so most are gone by now.
    """
    left = find(record)
    for one in left:
        with suppress(ProcessLookupError):
            os.kill(one.pid, one.stop_signal)
    until = time.monotonic() + grace_s
    while find(record) and time.monotonic() < until:
        time.sleep(STEP_S)
    for stubborn in find(record):
        with suppress(ProcessLookupError):
            os.killpg(stubborn.pid, signal.SIGKILL)
    record.unlink(missing_ok=True)
    return [one.name for one in left]
