"""
What a run stands on: throwaway servers in a temporary folder, gone when the run is over.

PostgreSQL is set up as `manage.py up` sets it up, with every commit flushed to disk. No benchmark
asks Valkey, so none is started. The measuring process is a child that knows these servers alone:
its logins are in a file of mode 0600 in the same folder.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.roles import LOGINS
from cdp.runtime import bootstrap, keys, postgres, private_files, roster
from cdp.runtime.deployment import Deployment, inherited
from cdp.runtime.postgres import Cluster
from cdp.runtime.processes import Service
from cdp.runtime.progress import Progress
from cdp.runtime.supervisor import Supervisor

FILE = "ground.json"
LOG_ORIGIN = "candor.bench/audit"
NO_VALKEY = "redis://127.0.0.1:1"
# Settings of the caller's own house; the run has a house of its own.
OF_THE_CALLER = ("CDP_", "DJANGO_", "DATABASE_URL", "VALKEY_URL", "REDIS_URL")


@dataclass(frozen=True, slots=True)
class Ground:
    """The addresses of one throwaway database: the administrator's, and one a role."""

    administrator: str
    dsns: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> "Ground":
        """Return the ground that `path` describes."""
        found = private_files.read_json(path)
        return cls(found["administrator"], found["dsns"])

    def write(self, path: Path) -> None:
        """Describe the ground in `path`, for its owner alone."""
        private_files.write_json(
            path, {"administrator": self.administrator, "dsns": dict(self.dsns)}
        )


class House:
    """A database without anybody in it, and a way to run our commands over it."""

    def __init__(self, deployment: Deployment, supervisor: Supervisor) -> None:
        self._deployment = deployment
        self._supervisor = supervisor

    @property
    def file(self) -> Path:
        """Return the file that tells the measuring process where it is."""
        return self._deployment.var / FILE

    def run(self, process: str, *arguments: str, on_terminal: bool = False) -> None:
        """
        Run `manage.py <arguments>` as a process of a kind, to its end.

        :raises ServiceFailed: it failed
        :raises StopAsked: somebody pressed Ctrl-C
        """
        kept = {k: v for k, v in inherited().items() if not k.startswith(OF_THE_CALLER)}
        task = roster.task(self._deployment, kept, process, *arguments)
        self._supervisor.run(task, on_terminal=on_terminal)


@contextmanager
def throwaway(root: Path, progress: Progress) -> Iterator[House]:
    """
    Yield a migrated, empty house made from the checkout `root`; about 10 s.

    :raises CdpError: a server or the migrations did not come up
    """
    var = Path(tempfile.mkdtemp(prefix="candor-bench-"))
    var.chmod(0o711)  # ours; PostgreSQL's user has to pass through it
    supervisor = Supervisor(logs=var / "log", record=var / "processes.json", say=progress.say)
    supervisor.listen()
    gone = [var]
    try:
        keys.make_keyring(
            FileProvider(var / "keys" / "keyring.json"), origin=LOG_ORIGIN, has_data=False
        )
        keys.settle_secrets(var / "secrets.json", valkey_url=NO_VALKEY)
        with progress.step("PostgreSQL"):
            cluster = postgres.prepare(var)
            gone = [cluster.home, cluster.sockets, var]
            supervisor.start(_service(cluster))
            administrator = cluster.dsn(bootstrap.DATABASE)
            dsns = bootstrap.bootstrap(administrator, known={})
        house = House(_deployment(root, var, dsns), supervisor)
        Ground(administrator, {role: dsns[role] for role in LOGINS}).write(house.file)
        with progress.step("Migrations"):
            house.run("migrate", "migrate")
        yield house
    finally:
        supervisor.stop()
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)


def _service(cluster: Cluster) -> Service:
    administrator = cluster.dsn(bootstrap.MAINTENANCE)
    return Service(
        name="postgres",
        command=cluster.command(),
        environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        folder=Path("/"),
        ready=lambda: postgres.answers(administrator),
        stop_signal=signal.SIGINT,
        account=cluster.account,
        is_server=True,
    )


def _deployment(root: Path, var: Path, dsns: Mapping[str, str]) -> Deployment:
    return Deployment(
        root=root,
        var=var,
        dsns=dsns,
        valkey_url=NO_VALKEY,
        port=0,
        public_url="http://127.0.0.1",
        smtp_port=None,
        is_demo=False,
    )
