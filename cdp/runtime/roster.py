"""
The list of processes: what each is called, what runs it, which logins it gets.

`docker-compose.yml` runs the same commands; a test compares the two.
"""

import http.client
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from cdp.runtime import ports
from cdp.runtime.deployment import NO_DATABASE, Deployment
from cdp.runtime.processes import Service

PYTHON = "python"
CELERY = ("-m", "celery", "-A", "cdp.celery:app")

# name → kind of process (see `cdp.kernel.roles.PROCESSES`), in the order of the start.
KINDS: dict[str, str] = {
    "web": "web",
    "worker": "work",
    "drain": "ingest",
    "sequencer": "sequencer",
    "beat": "beat",
}


def commands(*, host: str, port: int, var: str) -> dict[str, tuple[str, ...]]:
    """Return the command of each process, with “python” for the interpreter. Pure."""
    return {
        "web": (
            *(
                PYTHON,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--host",
                host,
                "--port",
                str(port),
            ),
            *("--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers"),
            *("--log-level", "warning", "cdp.wsgi:application"),
        ),
        "worker": (
            *(PYTHON, *CELERY, "worker", "-Q", "work", "--concurrency", "2"),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ),
        "drain": (PYTHON, "manage.py", "drain"),
        "sequencer": (PYTHON, "manage.py", "sequencer"),
        "beat": (
            *(PYTHON, *CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""),
            *("--schedule", f"{var}/beat-schedule"),
        ),
    }


def processes(deployment: Deployment, inherited: Mapping[str, str]) -> list[Service]:
    """Return the services of a launch in the order of their start."""
    argv = commands(host=ports.HOST, port=deployment.port, var=str(deployment.var))
    ready = {"web": lambda: is_healthy(deployment.port)}
    listed = [
        _service(deployment, inherited, name, argv[name], kind, ready.get(name))
        for name, kind in KINDS.items()
    ]
    return [mailbox(deployment, inherited), *listed] if deployment.smtp_port else listed


def mailbox(deployment: Deployment, inherited: Mapping[str, str]) -> Service:
    """Return the demo's mailbox; it gets no database login."""
    port = deployment.smtp_port
    assert port is not None
    argv = (PYTHON, "manage.py", "mailbox")
    return _service(
        deployment, inherited, "mailbox", argv, NO_DATABASE, lambda: ports.answers(port)
    )


def task(
    deployment: Deployment, inherited: Mapping[str, str], kind: str, *arguments: str
) -> Service:
    """Return `manage.py <arguments>` as something to run once, as a process of `kind`."""
    return _service(
        deployment,
        inherited,
        arguments[0],
        (PYTHON, "manage.py", *arguments),
        kind,
        None,
    )


def is_healthy(port: int, path: str = "/healthz") -> bool:
    """Return whether the web server on `port` answers `path` with 200."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _service(
    deployment: Deployment,
    inherited: Mapping[str, str],
    name: str,
    argv: tuple[str, ...],
    kind: str,
    ready: Callable[[], bool] | None,
) -> Service:
    command = (sys.executable, *argv[1:])
    environment = deployment.environment(kind, inherited)
    service = Service(name, command, environment, deployment.root, patience_s=120.0)
    return service if ready is None else replace(service, ready=ready)
