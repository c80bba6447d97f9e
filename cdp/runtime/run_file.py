"""`var/run.json`: what a script needs to use a running demo. Secret, so mode 0600."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdp.runtime import private_files
from cdp.runtime.deployment import Deployment

PORTAL = "/my/signin/"
MAILBOX = "/demo/mailbox/"


@dataclass(frozen=True, slots=True)
class Running:
    """A running demo: where it is, what the seed made, which processes serve it."""

    deployment: Deployment
    administrator: str | None  # the address of an embedded database alone
    seeded: Mapping[str, Any]  # the content of var/demo.json
    pids: Mapping[str, int]


def document(running: Running) -> dict[str, Any]:
    """Return the content of run.json. Pure."""
    deployment, seeded = running.deployment, running.seeded
    base = deployment.public_url
    operators = seeded.get("operators", [])
    content: dict[str, Any] = {
        "base_url": base,
        "write_key": seeded.get("write_key"),
        "consent_write_key": seeded.get("consent_write_key"),
        "api_key": seeded.get("api_key"),
        "operator": _login(operators[0]) if operators else None,
        "operators": operators,
        "customers": [
            {"email": customer["email"], "portal_url": f"{base}{PORTAL}"}
            for customer in seeded.get("customers", [])
        ],
        "valkey_url": deployment.valkey_url,
        "mailbox": {"dir": str(deployment.mailbox), "url": f"{base}{MAILBOX}"},
        "pids": dict(running.pids),
    }
    if running.administrator:
        content["database_url"] = running.administrator
    return content


def write(path: Path, running: Running) -> None:
    """Write run.json."""
    private_files.write_json(path, document(running))


def _login(operator: Mapping[str, Any]) -> dict[str, str]:
    return {"email": operator["email"], "password": operator["password"]}
