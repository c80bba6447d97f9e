"""The embedded Valkey: closed to strangers, and what was written survives a kill."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from cdp.runtime import ports, valkey
from cdp.runtime.processes import Child, Service, spawn
from cdp.runtime.valkey import Valkey
from tests.runtime.conftest import wait_until


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], tuple[Valkey, Child]]:
    """Start the server of this folder and wait until it answers."""
    port = ports.first_free(26400)

    def start() -> tuple[Valkey, Child]:
        server = valkey.prepare(tmp_path, port=port)
        service = Service("valkey", server.command(), {"PATH": os.environ["PATH"]}, tmp_path)
        child = spawn(service, log=tmp_path / "log" / "valkey.log")
        request.addfinalizer(child.kill)
        wait_until(lambda: valkey.answers(server.url))
        return server, child

    return start


def test_it_answers_only_who_knows_the_password(
    run: Callable[[], tuple[Valkey, Child]],
) -> None:
    server, _ = run()

    with (
        redis.Redis(port=server.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    assert (server.folder / "valkey.conf").stat().st_mode & 0o077 == 0


def test_what_was_on_disk_is_there_after_a_kill(
    run: Callable[[], tuple[Valkey, Child]],
) -> None:
    server, child = run()
    with redis.Redis.from_url(server.url) as client:
        client.rpush("queue", *range(300))
        # Everything is flushed within a second; WAITAOF (Redis 7.2) says when it was.
        client.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(child.pid, signal.SIGKILL)
    wait_until(child.is_over)

    again, _ = run()

    assert again == server
    with redis.Redis.from_url(again.url) as client:
        assert client.llen("queue") == 300


def test_a_full_server_refuses_writes_and_forgets_nothing(
    run: Callable[[], tuple[Valkey, Child]],
) -> None:
    server, _ = run()

    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "x")
        client.config_set("maxmemory", "1")
        with pytest.raises(redis.OutOfMemoryError):
            client.set("more", "y")
        assert client.get("kept") == b"x"
