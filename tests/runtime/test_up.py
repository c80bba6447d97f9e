"""`manage.py up` as people run it: started, used, killed, started again, stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdp.kernel.roles import LOGINS, PROCESSES
from cdp.runtime import private_files, roster
from tests.runtime.conftest import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("keys/keyring.json", "dsn.json", "secrets.json")
UNKNOWN_ERASURE = json.dumps(
    {
        "id": "01a20000-0000-7000-8000-000000000001",
        "workspace": "01a20000-0000-7000-8000-000000000002",
        "subject": "01a20000-0000-7000-8000-000000000003",
        "origins": ["01a20000-0000-7000-8000-000000000003"],
        "reason": "request",
        "actor": "sys:erase",
        "requested_at": "2026-06-15T12:00:00+00:00",
        "erased_at": "2026-06-15T12:00:00+00:00",
        "counts": {},
    }
)
Start = Callable[[], subprocess.Popen[bytes]]


def processes_of(var: Path) -> list[int]:
    """Return every process of this system that has to do with `var`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            facts = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue
        if str(var).encode() in facts and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def pids(var: Path) -> dict[str, int]:
    """Return the launcher's record: service → process number."""
    rows = private_files.read_json(var / "processes.json").get("processes", [])
    return {row["name"]: row["pid"] for row in rows}


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment that a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@pytest.fixture
def start(open_folder: Path) -> Iterator[Start]:
    """Run `manage.py up` over an empty folder until it says that it runs."""
    started: list[subprocess.Popen[bytes]] = []
    output = open_folder / "output.txt"

    def begin() -> subprocess.Popen[bytes]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("CDP_", "DJANGO_"))}
        with output.open("wb") as file:
            launcher = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=clean | {"CDP_VAR": str(open_folder)},
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        started.append(launcher)
        wait_until(
            lambda: b"Candor runs at" in output.read_bytes() or launcher.poll() is not None,
            seconds=240,
        )
        assert launcher.poll() is None, output.read_text()
        return launcher

    yield begin
    for launcher in started:
        launcher.kill()
        launcher.wait()
    wait_until(lambda: processes_of(open_folder) == [])


@pytest.mark.story
@pytest.mark.skipif(sys.platform != "linux", reason="it looks at processes through /proc")
def test_a_house_is_started_killed_started_again_and_stopped(
    start: Start, open_folder: Path
) -> None:
    launcher = start()

    # Everything runs, and each process holds its own logins and no other.
    port = private_files.read_json(open_folder / "ports.json")["web"]
    wait_until(lambda: roster.is_healthy(port, "/readyz"))
    running = pids(open_folder)
    assert set(running) == {"postgres", "valkey", *roster.KINDS}
    for name, kind in roster.KINDS.items():
        environment = environment_of(running[name])
        assert set(json.loads(environment["CDP_DSNS"])) == set(PROCESSES[kind].values())
        assert "candor_admin" not in json.dumps(environment)
    kept = {name: (open_folder / name).read_text() for name in KEPT}
    assert {(open_folder / name).stat().st_mode & 0o077 for name in KEPT} == {0}
    assert set(json.loads(kept["dsn.json"])) == set(LOGINS)

    # A killed worker and a killed database come back.
    for name in ("worker", "postgres"):
        os.kill(running[name], signal.SIGKILL)
    wait_until(
        lambda: all(pids(open_folder)[name] != running[name] for name in ("worker", "postgres"))
    )
    wait_until(lambda: roster.is_healthy(port, "/readyz"), seconds=60)

    # After `kill -9` of the launcher nothing is left, and the next start finds everything again;
    # an erasure that this database does not know, as after a restore, is put in force before.
    launcher.kill()
    launcher.wait()
    wait_until(lambda: processes_of(open_folder) == [])
    (open_folder / "erasure-ledger.ndjson").write_text(UNKNOWN_ERASURE + "\n")
    again = start()
    port_again = private_files.read_json(open_folder / "ports.json")["web"]
    wait_until(lambda: roster.is_healthy(port_again, "/readyz"), seconds=60)
    assert private_files.read_json(open_folder / "ports.json")["web"] == port
    assert {name: (open_folder / name).read_text() for name in KEPT} == kept

    # Ctrl-C stops all of it.
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 0
    assert processes_of(open_folder) == []
