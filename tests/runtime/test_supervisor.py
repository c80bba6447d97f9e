"""The supervisor with real processes: started, killed, restarted, stopped, left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdp.runtime import orphans, private_files
from cdp.runtime.processes import Service
from cdp.runtime.supervisor import ServiceFailed, Supervisor
from tests.runtime.conftest import wait_until
from tests.runtime.small_launch import service

ROOT = Path(__file__).resolve().parent.parent.parent
Launch = Callable[..., subprocess.Popen[str]]


def runs(pid: int) -> bool:
    """Return whether a process of this number runs."""
    return orphans.birth(pid) is not None


def written(path: Path) -> list[int]:
    """Return the process numbers that a program wrote, one for each of its starts."""
    return [int(line) for line in path.read_text().split()]


def recorded(folder: Path, name: str) -> int:
    """Return the number under which the launcher knows a service."""
    rows = private_files.read_json(folder / "processes.json")["processes"]
    return next(int(row["pid"]) for row in rows if row["name"] == name)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start a launcher of its own and wait until its services are ready."""
    started: list[subprocess.Popen[str]] = []

    def begin(*names: str, ready: str = "ready") -> subprocess.Popen[str]:
        (tmp_path / "ready").unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.small_launch", str(tmp_path), *names],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        wait_until(lambda: (tmp_path / ready).exists() or process.poll() is not None)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor inside the test's own process."""
    made = Supervisor(logs=tmp_path / "log", record=tmp_path / "record.json", say=lambda text: None)
    yield made
    made.stop()


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_everything_and_is_no_failure(
    launch: Launch, tmp_path: Path, asked: signal.Signals
) -> None:
    launcher = launch("steady", "parent")
    pids = [*written(tmp_path / "steady.out"), *written(tmp_path / "parent.out")]
    ran = [runs(pid) for pid in pids]

    launcher.send_signal(asked)
    code = launcher.wait(20)

    assert (ran, code) == ([True, True], 0)
    assert [runs(pid) for pid in pids] == [False, False]
    assert not (tmp_path / "processes.json").exists()


def test_a_killed_service_is_started_again(launch: Launch, tmp_path: Path) -> None:
    launcher = launch("steady")
    first = written(tmp_path / "steady.out")[0]

    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(written(tmp_path / "steady.out")) == 2)

    again = written(tmp_path / "steady.out")[1]
    assert runs(again)
    assert recorded(tmp_path, "steady") == again
    launcher.send_signal(signal.SIGINT)
    assert "steady ended with code -9; starting it again in 0.5 s" in launcher.communicate()[0]


def test_the_children_of_a_killed_service_do_not_outlive_it(launch: Launch, tmp_path: Path) -> None:
    launch("parent")
    grandchild = written(tmp_path / "parent.out")[0]

    os.kill(recorded(tmp_path, "parent"), signal.SIGKILL)

    wait_until(lambda: not runs(grandchild))


def test_a_service_that_ends_again_and_again_ends_the_launch_with_its_last_words(
    launch: Launch, tmp_path: Path
) -> None:
    launcher = launch("steady", "flaky", ready="flaky.out")

    output = launcher.communicate(timeout=60)[0]

    assert launcher.returncode == 1
    assert "flaky ended" in output
    assert "it was the disk" in output
    assert not any(runs(pid) for pid in written(tmp_path / "steady.out"))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_nothing_outlives_a_killed_launcher(launch: Launch, tmp_path: Path) -> None:
    launcher = launch("steady", "last")
    pids = [*written(tmp_path / "steady.out"), *written(tmp_path / "last.out")]

    launcher.kill()

    wait_until(lambda: not any(runs(pid) for pid in pids))
    assert (tmp_path / "last.out.stopped").exists()  # it was asked, not killed


def test_what_a_killed_launcher_left_is_found_by_number_and_birth_and_ended(
    launch: Launch, tmp_path: Path
) -> None:
    launcher = launch("stubborn")
    left = written(tmp_path / "stubborn.out")[0]
    launcher.kill()
    launcher.wait()
    record = tmp_path / "processes.json"
    assert runs(left)  # it ignores the stop signal

    found = orphans.find(record)
    strangers = private_files.read_json(record)
    strangers["processes"][0]["birth"] = "1"
    private_files.write_json(tmp_path / "strangers.json", strangers)
    names = orphans.end(record, grace_s=0.5)

    assert [one.pid for one in found] == [left]
    assert orphans.find(tmp_path / "strangers.json") == []  # same number, another birth
    assert names == ["stubborn"]
    wait_until(lambda: not runs(left))


def test_a_second_launch_in_the_same_folder_says_who_holds_it(
    launch: Launch, tmp_path: Path
) -> None:
    first = launch("steady")

    second = launch("steady")
    output = second.communicate(timeout=20)[0]

    assert second.returncode == 1
    assert f"process {first.pid}" in output
    assert runs(written(tmp_path / "steady.out")[0])  # the first one goes on


def test_after_a_killed_launcher_the_folder_can_be_held_again(
    launch: Launch, tmp_path: Path
) -> None:
    killed = launch("steady")
    killed.kill()
    killed.wait()

    again = launch("steady")

    assert again.poll() is None


def test_a_stop_during_the_start_forgets_nothing(launch: Launch, tmp_path: Path) -> None:
    launcher = launch("steady", "never", ready="steady.out")
    wait_until(lambda: len(private_files.read_json(tmp_path / "processes.json")["processes"]) == 2)
    never = recorded(tmp_path, "never")

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(20) == 0
    assert not runs(never)


def test_a_second_ctrl_c_kills_what_does_not_stop(launch: Launch, tmp_path: Path) -> None:
    launcher = launch("stubborn", "last")
    launcher.send_signal(signal.SIGINT)
    wait_until((tmp_path / "last.out.stopped").exists)

    launcher.send_signal(signal.SIGINT)

    assert launcher.wait(5) == 0  # well before the 15 s that it would have had
    assert not runs(written(tmp_path / "stubborn.out")[0])


def test_servers_stop_after_the_processes_that_use_them(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(service("last", tmp_path, is_server=True))
    supervisor.start(service("slow", tmp_path))

    supervisor.stop()

    server, process = (tmp_path / f"{name}.out.stopped" for name in ("last", "slow"))
    assert process.stat().st_mtime_ns < server.stat().st_mtime_ns


def test_a_service_that_is_never_ready_fails_the_start(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(ServiceFailed, match="never was not ready after 0 s"):
        supervisor.start(service("never", tmp_path, patience_s=0.3))


def test_a_program_that_does_not_exist_fails_the_start_with_its_name(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    missing = Service("ghost", ("/nonexistent/ghost",), {}, tmp_path)

    with pytest.raises(ServiceFailed, match="ghost cannot be started"):
        supervisor.start(missing)


def test_a_task_that_fails_shows_the_end_of_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ServiceFailed, match=r"(?s)flaky failed with code 3.*it was the disk"):
        supervisor.run(service("flaky", tmp_path))


def test_logs_are_private_and_a_full_one_is_put_aside(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "log" / "steady.log"
    log.parent.mkdir()
    with log.open("wb") as file:
        file.truncate(21 * 1024 * 1024)

    supervisor.start(service("steady", tmp_path))

    assert log.stat().st_size == 0
    assert log.stat().st_mode & 0o077 == 0
    assert (tmp_path / "log" / "steady.1.log").stat().st_size == 21 * 1024 * 1024
