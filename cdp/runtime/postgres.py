"""
The embedded PostgreSQL: where it lives, how it is made, how it is started.

The server listens on a Unix socket alone. Its folder is `var/postgres`; when the launcher is root
and the unprivileged user cannot get there, it is `/var/lib/candor/<id>` and `var/postgres.json`
says so. Stop it with SIGINT: SIGTERM waits for the last client for ever.
Source: runtime reference, part 1.
"""

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from cdp.kernel.errors import CdpError
from cdp.runtime import postgres_binaries, private_files
from cdp.runtime.unprivileged import Account, account, can_enter, drop, give

ADMINISTRATOR = "candor_admin"
PORT = 5432  # names the socket's file; nothing listens on TCP
SOCKET_PATH_BYTES = 107  # the kernel's limit for the whole path
SHARED_PLACE = Path("/var/lib/candor")

# No statement, parameter or row value may reach the log: a value could be a person's.
QUIET_LOG: dict[str, str] = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "160",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
    **QUIET_LOG,
}


class PostgresRefused(CdpError):
    """The embedded server cannot be prepared; the message says what to do."""

    code = "postgres_refused"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server: its programs, its data, its socket folder, its administrator."""

    programs: Path
    data: Path
    sockets: Path
    password: str
    account: Account | None

    @property
    def home(self) -> Path:
        return self.data.parent

    def command(self, settings: Mapping[str, str] = SETTINGS) -> tuple[str, ...]:
        """Return the command that runs the server in the foreground; its folder must be “/”."""
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        fixed = ("-D", str(self.data), "-k", str(self.sockets), "-p", str(PORT))
        return (str(self.programs / "postgres"), *fixed, *options)

    def dsn(self, database: str, *, user: str = ADMINISTRATOR, password: str = "") -> str:
        """Return the address of `database` for `user`, the administrator unless said."""
        secret = quote(password or self.password, safe="")
        folder = quote(str(self.sockets), safe="/")
        return f"postgresql://{user}:{secret}@/{database}?host={folder}&port={PORT}"


def prepare(var: Path, *, durable: bool = True) -> Cluster:
    """
    Return the cluster of `var`, made on the first call (1 to 5 s) and found again later.

    `durable=False` skips the flushes to disk, for tests.

    :raises PostgresMissing: there is no server to run
    :raises PostgresRefused: `initdb` failed, the socket folder belongs to somebody else, or the
        administrator's password is lost
    """
    who = account()
    home = _home(var, who)
    record = var / "postgres.json"
    known = private_files.read_json(record)
    if "password" not in known and (home / "data").exists():
        _put_abandoned_data_aside(home, is_new_house=not (var / "dsn.json").exists())
    password = str(known.get("password") or secrets.token_urlsafe(32))
    programs = postgres_binaries.usable(
        who, copies=SHARED_PLACE / "programs", made_by=_data_version(home / "data")
    )
    private_files.write_json(record, {"home": str(home), "password": password})
    cluster = Cluster(programs, home / "data", _sockets(home, who), password, who)
    if not cluster.data.exists():
        _initialize(cluster, durable=durable)
    _forget_dead_server(cluster)
    return cluster


def answers(dsn: str) -> bool:
    """Return whether the server behind `dsn` takes connections."""
    try:
        with psycopg.connect(dsn, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def version(dsn: str) -> str:
    """Return the version of the server behind `dsn`, such as “18.6”."""
    with psycopg.connect(dsn) as connection:
        told = connection.info.parameter_status("server_version") or ""
    return told.partition(" ")[0]


def place_id(var: Path) -> str:
    """Return a short name for `var`, the same on every call."""
    return hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]


def _home(var: Path, who: Account | None) -> Path:
    recorded = private_files.read_json(var / "postgres.json").get("home")
    if recorded and Path(recorded).exists():
        return Path(recorded)
    var.mkdir(parents=True, exist_ok=True)
    home = var.resolve() / "postgres"
    if not can_enter(var.resolve(), who):
        home = SHARED_PLACE / place_id(var)
        postgres_binaries.make_open(home.parent)
    home.mkdir(mode=0o700, exist_ok=True)
    give(home, who)
    return home


def _sockets(home: Path, who: Account | None) -> Path:
    """Return a folder whose socket path fits the kernel's limit."""
    folder = home / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES:
        folder = Path(tempfile.gettempdir()) / f"candor-{place_id(home)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat().st_uid
    expected = {os.geteuid()} | ({who.uid} if who else set())
    if folder.is_symlink() or owner not in expected:
        raise PostgresRefused(f"{folder} belongs to somebody else. Remove it and start again.")
    give(folder, who)
    return folder


def _put_abandoned_data_aside(home: Path, *, is_new_house: bool) -> None:
    """Keep, once, the data of a `var/` that was removed while its data lay elsewhere."""
    if not is_new_house:
        raise PostgresRefused(
            f"The administrator's password of {home} is lost. Restore var/postgres.json from its "
            "backup, or remove the var folder to begin anew."
        )
    shutil.rmtree(home / "data.abandoned", ignore_errors=True)
    (home / "data").rename(home / "data.abandoned")


def _data_version(data: Path) -> int | None:
    """Return the major version that made `data`, or None where there is none."""
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _initialize(cluster: Cluster, *, durable: bool) -> None:
    """Make the data folder under another name and rename it, so that it is whole or absent."""
    begun = cluster.home / "data.new"
    shutil.rmtree(begun, ignore_errors=True)
    secret = cluster.home / "password.new"
    secret.unlink(missing_ok=True)
    private_files.write_text(secret, cluster.password)
    give(secret, cluster.account)
    command = [
        str(cluster.programs / "initdb"),
        *("-D", str(begun), "-U", ADMINISTRATOR, "-A", "scram-sha-256"),
        *(
            "--pwfile",
            str(secret),
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        ),
        *([] if durable else ["--no-sync"]),
    ]
    made = subprocess.run(
        command,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **drop(cluster.account),
    )
    secret.unlink()
    if made.returncode != 0:
        raise PostgresRefused(
            f"initdb failed: {made.stderr.strip()[-400:]} Check free space and the rights on "
            f"{cluster.home}, then start again."
        )
    begun.rename(cluster.data)


def _forget_dead_server(cluster: Cluster) -> None:
    """
    Remove the pid file of a server that was killed and whose number another program has now.

    PostgreSQL itself clears a pid file of a dead process; it refuses when the number lives on.
    """
    pid_file = cluster.data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if str(cluster.data).encode() not in command_line:
        pid_file.unlink()
