"""Real servers and real child processes for the tests of the shop floor."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdp.runtime import bootstrap, postgres
from cdp.runtime.postgres import Cluster
from cdp.runtime.processes import Child, Service, spawn
from tests.servers import FAST

Until = Callable[[Callable[[], bool]], None]


def wait_until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    """Return as soon as `true` holds; fail the test when it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that another user may pass through, as `var/` of an ordinary checkout."""
    folder = tmp_path_factory.mktemp("var")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)  # pytest made them, for this run alone
    return folder


def serve(cluster: Cluster, folder: Path) -> Child:
    """Run the server of `cluster` until it answers."""
    service = Service(
        name="postgres",
        command=cluster.command(FAST),
        environment={"PATH": os.environ["PATH"]},
        folder=Path("/"),
        stop_signal=signal.SIGINT,
        account=cluster.account,
    )
    child = spawn(service, log=folder / "log" / "postgres.log")
    wait_until(lambda: postgres.answers(cluster.dsn(bootstrap.MAINTENANCE)))
    return child


@pytest.fixture
def cluster(open_folder: Path) -> Iterator[tuple[Cluster, Child]]:
    """A running server of its own."""
    made = postgres.prepare(open_folder, durable=False)
    child = serve(made, open_folder)
    yield made, child
    child.kill()
