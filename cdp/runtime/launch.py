"""
`manage.py up`, step by step: keys, servers, roles, migrations, processes.

Read `bring_up` from top to bottom; it is the order of the start. The demo is the same launch with
a mailbox, sample data and `var/run.json` (`cdp.runtime.show`).
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import psycopg

from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import KeyProvider
from cdp.runtime import (
    bootstrap,
    keys,
    orphans,
    ports,
    postgres,
    private_files,
    roster,
    static_files,
    valkey,
)
from cdp.runtime.deployment import Deployment, inherited
from cdp.runtime.processes import Service, at_once
from cdp.runtime.progress import Progress
from cdp.runtime.supervisor import Supervisor

FIRST_WEB_PORT = 8000
FIRST_SMTP_PORT = 1025
FIRST_VALKEY_PORT = 6390
LOG_ORIGIN = "candor.local/audit"
ERASURES = "erasure-ledger.ndjson"  # `consent.erasure_file` writes it


class DatabaseUnreachable(CdpError):
    """The server that DATABASE_URL names does not let the administrator do the work."""

    code = "database_unreachable"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a launch stands on: folders from the settings, servers from the environment."""

    root: Path
    var: Path
    keyring: KeyProvider
    static_root: Path
    static_sources: tuple[Path, ...]
    database_url: str = ""  # the administrator's; empty starts the embedded server
    valkey_url: str = ""  # empty starts the embedded server
    public_url: str = ""
    port: int = 0  # of the web server; 0 takes the last one or the first free
    dsn_file: Path | None = None  # where the launcher keeps every login; var/dsn.json by default
    is_demo: bool = False

    @property
    def logins(self) -> Path:
        return self.dsn_file or self.var / "dsn.json"


@dataclass(frozen=True, slots=True)
class Up:
    """A launch that came up."""

    deployment: Deployment
    administrator: str
    is_embedded: bool


def bring_up(ground: Ground, supervisor: Supervisor, progress: Progress) -> Up:
    """
    Start everything in order and return when the web server answers.

    The caller holds the folder (`claim.only_launcher`) and stops the supervisor in the end.

    :raises CdpError: a step failed; the message says what to do
    :raises StopAsked: a stop arrived meanwhile
    """
    up = lay_ground(ground, supervisor, progress)
    with progress.step("Boot check"):
        supervisor.run(roster.task(up.deployment, inherited(), "web", "bootcheck"))
    services = roster.processes(up.deployment, inherited())
    answering = [service for service in services if service.ready is not at_once]
    # Two waves: who waits for an answer gets the processor before who loads behind the scenes.
    for wave in (answering, [service for service in services if service not in answering]):
        for service in wave:
            supervisor.begin(service)
        for service in wave:
            with progress.step(service.name.capitalize()):
                supervisor.await_ready(service)
    return up


def lay_ground(ground: Ground, supervisor: Supervisor, progress: Progress) -> Up:
    """
    Bring keys, servers, roles, tables and static files to the state of the source.

    :raises CdpError: a step failed; the message says what to do
    :raises StopAsked: a stop arrived meanwhile
    """
    if left := orphans.end(ground.var / "processes.json"):
        progress.say(f"Ended what a killed start had left: {', '.join(left)}")
    with progress.step("Keys"):
        has_data = ground.logins.exists()
        keys.make_keyring(ground.keyring, origin=LOG_ORIGIN, has_data=has_data)
    administrator = ground.database_url or _start_postgres(ground, supervisor, progress)
    with progress.step("Database roles"):
        dsns = _make_roles(ground, administrator)
    valkey_url = ground.valkey_url or _start_valkey(ground, supervisor, progress)
    keys.settle_secrets(ground.var / "secrets.json", valkey_url=valkey_url)
    deployment = _deployment(ground, dsns=dsns, valkey_url=valkey_url)
    _migrate(ground, deployment, supervisor, progress)
    if (ground.var / ERASURES).exists():
        with progress.step("Erasures"):  # an older database may have been restored
            supervisor.run(roster.task(deployment, inherited(), "rights", "erase", "--replay"))
    return Up(deployment, administrator, is_embedded=not ground.database_url)


def write_logins(folder: Path, deployment: Deployment) -> None:
    """Write `<kind>/dsns.json` for each kind of process: its own addresses and no others."""
    for kind in roster.KINDS.values():
        private_files.write_json(folder / kind / "dsns.json", deployment.own_dsns(kind))


def _migrate(
    ground: Ground, deployment: Deployment, supervisor: Supervisor, progress: Progress
) -> None:
    with progress.step("Migrations"):
        supervisor.run(roster.task(deployment, inherited(), "migrate", "migrate"))
    wanted = static_files.fingerprint(ground.static_sources, lock=ground.root / "requirements.lock")
    stamp = ground.var / "static.stamp"
    if not static_files.are_current(ground.static_root, stamp=stamp, wanted=wanted):
        with progress.step("Static files"):
            collect = ("collectstatic", "--noinput", "--clear")
            supervisor.run(roster.task(deployment, inherited(), "web", *collect))
            stamp.write_text(wanted)


def _start_postgres(ground: Ground, supervisor: Supervisor, progress: Progress) -> str:
    with progress.step("PostgreSQL") as step:
        cluster = postgres.prepare(ground.var)
        administrator = cluster.dsn(bootstrap.MAINTENANCE)
        supervisor.start(
            Service(
                name="postgres",
                command=cluster.command(),
                environment=_bare_environment(),
                folder=Path("/"),
                ready=lambda: postgres.answers(administrator),
                stop_signal=signal.SIGINT,
                account=cluster.account,
                is_server=True,
            )
        )
        step.note = postgres.version(administrator)
    return cluster.dsn(bootstrap.DATABASE)


def _start_valkey(ground: Ground, supervisor: Supervisor, progress: Progress) -> str:
    with progress.step("Valkey"):
        server = valkey.prepare(ground.var, port=_port(ground, "valkey", FIRST_VALKEY_PORT))
        supervisor.start(
            Service(
                name="valkey",
                command=server.command(),
                environment=_bare_environment(),
                folder=ground.var,
                ready=lambda: valkey.answers(server.url),
                is_server=True,
            )
        )
    return server.url


def _make_roles(ground: Ground, administrator: str) -> dict[str, str]:
    try:
        dsns = bootstrap.bootstrap(administrator, known=private_files.read_json(ground.logins))
    except psycopg.Error as reason:
        raise DatabaseUnreachable(
            f"The database administrator cannot prepare the database: {reason} "
            "Check DATABASE_URL; its login needs CREATEROLE and CREATEDB."
        ) from None
    private_files.write_json(ground.logins, dsns)
    return dsns


def _deployment(ground: Ground, *, dsns: dict[str, str], valkey_url: str) -> Deployment:
    port = ground.port or _port(ground, "web", FIRST_WEB_PORT)
    return Deployment(
        root=ground.root,
        var=ground.var,
        dsns=dsns,
        valkey_url=valkey_url,
        port=port,
        public_url=ground.public_url or f"http://{ports.HOST}:{port}",
        smtp_port=_port(ground, "smtp", FIRST_SMTP_PORT) if ground.is_demo else None,
        is_demo=ground.is_demo,
    )


def _port(ground: Ground, name: str, first: int) -> int:
    """Return the port that `name` had last time, or the first free one; remember it."""
    path = ground.var / "ports.json"
    known = private_files.read_json(path)
    port = known.get(name)
    if not isinstance(port, int) or not ports.is_free(port):
        taken = [value for key, value in known.items() if key != name]
        port = ports.first_free(first, taken=taken)
        private_files.write_json(path, known | {name: port})
    return port


def _bare_environment() -> dict[str, str]:
    """Return what a server needs of our environment: no secret of ours."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
