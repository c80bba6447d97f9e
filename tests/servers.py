"""
Throwaway PostgreSQL and Valkey for one run of the tests.

`start()` makes a cluster in a temporary folder, the roles of production and one login that may
take each of them on, migrates once into a template, and hands out copies of it. With DATABASE_URL
and VALKEY_URL set, those servers are used instead.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from cdp.kernel import clock, keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.roles import PROCESSES
from cdp.runtime import bootstrap, ports, postgres, valkey
from cdp.runtime.processes import Child, Service, spawn

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "candor_template"
FAST = postgres.SETTINGS | {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
}

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class ServerFailed(RuntimeError):
    """A test server did not come up; the text ends with its log."""


class Servers:
    """Running servers of one run; `folder` holds their files and the key ring."""

    def __init__(
        self,
        *,
        folder: Path,
        administrator: str,
        dsns: dict[str, str],
        valkey_url: str,
        children: list[Child],
        homes: list[Path],
    ) -> None:
        self.folder = folder
        self.administrator = administrator
        self.valkey_url = valkey_url
        self.keyring = folder / "keys" / "keyring.json"
        self.secret_key = secrets.token_urlsafe(64)
        self.copies: list[str] = []
        self._dsns = dsns
        self._children = children
        self._homes = homes

    @property
    def homes(self) -> list[Path]:
        """Return the folders that hold PostgreSQL's data, where they lie apart from `folder`."""
        return list(self._homes)

    @property
    def template(self) -> str:
        """Return the name of the migrated database that copies are made of."""
        return bootstrap.database_of(self.administrator)

    def dsn(self, role: str, database: str) -> str:
        """Return the address of `database` for a role's own login (`cdp_test` included)."""
        return bootstrap.with_database(self._dsns[role], database)

    def clone(self, name: str) -> None:
        """Make the database `name` from the template; an earlier one of that name goes."""
        with psycopg.connect(self._maintenance(), autocommit=True) as server:
            self._drop(server, name)
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(self.template)
                )
            )
            bootstrap.protect_database(server, name)
        self.copies.append(name)

    def drop(self, name: str) -> None:
        """Remove the database `name`, whoever is connected to it."""
        with psycopg.connect(self._maintenance(), autocommit=True) as server:
            self._drop(server, name)

    def environment(self, process: str, database: str) -> dict[str, str]:
        """Return the environment of a real process of the given kind over `database`."""
        wanted = {role: self.dsn(role, database) for role in PROCESSES[process].values()}
        mine = {
            "CDP_PROCESS": process,
            "CDP_DSNS": json.dumps(wanted),
            "CDP_VAR": str(self.folder),
            "CDP_KEYRING": str(self.keyring),
            "CDP_SECRET_KEY": self.secret_key,
            "VALKEY_URL": self.valkey_url,
            "DJANGO_SETTINGS_MODULE": "cdp.settings.embedded",
            "PYTHONUNBUFFERED": "1",
        }
        return {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | mine

    def migrate(self) -> None:
        """
        Run our migrations into the template, as the migration login.

        :raises ServerFailed: they failed
        """
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate"],
            cwd=ROOT,
            env=self.environment("migrate", self.template),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"manage.py migrate failed:\n{done.stdout}{done.stderr}"[-8000:])

    def restart_postgres(self, how: signal.Signals) -> None:
        """
        End PostgreSQL by SIGINT (a fast restart) or SIGKILL (a crash of its first process) and
        start it again; only a server that this run started.
        """
        self._restart("postgres", how)

    def restart_valkey(self, how: signal.Signals) -> None:
        """End Valkey and start it again, empty: it keeps nothing on disk here."""
        self._restart("valkey", how)

    def _restart(self, name: str, how: signal.Signals) -> None:
        former = next(child for child in self._children if child.service.name == name)
        os.kill(former.pid, how)
        _wait(former.is_over, seconds=60)
        self._children.remove(former)
        for _ in range(20):  # a crashed server's last processes hold its memory for a moment
            try:
                return _start(former.service, self.folder, self._children)
            except ServerFailed:
                self._children.pop().kill()
        raise ServerFailed(f"{name} did not come back")

    def stop(self) -> None:
        """Stop what was started and remove every trace of it."""
        if not self._children:  # servers of somebody else: leave them as they were
            for name in (*self.copies, self.template):
                self.drop(name)
        for child in reversed(self._children):
            child.ask_to_stop()
            _wait(child.is_over, seconds=10)
            child.kill()
        for home in (*self._homes, self.folder):
            shutil.rmtree(home, ignore_errors=True)

    def _maintenance(self) -> str:
        return bootstrap.with_database(self.administrator, bootstrap.MAINTENANCE)

    def _drop(self, server: psycopg.Connection, name: str) -> None:
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def start(*, migrate: bool = True, durable: bool = False) -> Servers:
    """
    Start both servers, make the roles and migrate the template; 4 to 15 s.

    A `durable` PostgreSQL keeps what it committed when it is killed.

    :raises ServerFailed: a server or the migrations did not come up
    """
    folder = Path(tempfile.mkdtemp(prefix="candor-tests-"))
    folder.chmod(0o711)  # ours; PostgreSQL's user has to pass through it
    children: list[Child] = []
    homes: list[Path] = []
    try:
        given = os.environ.get("DATABASE_URL", "")
        administrator = given or _start_postgres(folder, children, homes, durable=durable)
        administrator = bootstrap.with_database(
            administrator, f"{TEMPLATE}_{os.getpid()}" if given else TEMPLATE
        )
        dsns = bootstrap.bootstrap(administrator, known={}, for_tests=True)
        servers = Servers(
            folder=folder,
            administrator=administrator,
            dsns=dsns,
            valkey_url=os.environ.get("VALKEY_URL") or _start_valkey(folder, children),
            children=children,
            homes=homes,
        )
        keyring.create(
            FileProvider(servers.keyring),
            keyring.generate(origin="candor.test/audit", at=clock.now()),
        )
        if migrate:
            servers.migrate()
    except BaseException:
        for child in reversed(children):
            child.kill()
        for home in (*homes, folder):
            shutil.rmtree(home, ignore_errors=True)
        raise
    return servers


def _start_postgres(
    folder: Path, children: list[Child], homes: list[Path], *, durable: bool
) -> str:
    cluster = postgres.prepare(folder, durable=durable)
    homes += [cluster.home, cluster.sockets]
    administrator = cluster.dsn(bootstrap.MAINTENANCE)
    service = Service(
        name="postgres",
        command=cluster.command(FAST | DURABLE if durable else FAST),
        environment={"PATH": os.environ.get("PATH", "")},
        folder=Path("/"),
        ready=lambda: postgres.answers(administrator),
        stop_signal=signal.SIGINT,
        account=cluster.account,
    )
    _start(service, folder, children)
    return administrator


def _start_valkey(folder: Path, children: list[Child]) -> str:
    server = valkey.prepare(folder, port=ports.first_free(26379), durable=False)
    service = Service(
        name="valkey",
        command=server.command(),
        environment={"PATH": os.environ.get("PATH", "")},
        folder=folder,
        ready=lambda: valkey.answers(server.url),
    )
    _start(service, folder, children)
    return server.url


def _start(service: Service, folder: Path, children: list[Child]) -> None:
    log = folder / "log" / f"{service.name}.log"
    child = spawn(service, log=log)
    children.append(child)
    if not _wait(lambda: child.is_over() or service.ready(), seconds=30) or child.is_over():
        raise ServerFailed(f"{service.name} did not start:\n{log.read_text()[-4000:]}")


def _wait(until: Callable[[], bool], *, seconds: float) -> bool:
    """Return whether `until` came true within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(0.02)
    return until()
