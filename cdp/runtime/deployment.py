"""What every process of one launch has to know, and the environment that tells it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdp.kernel.roles import PROCESSES

# The administrator's address and the addresses of all roles stay with the launcher.
LAUNCHERS_OWN = frozenset(
    {
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "CDP_DSNS",
        "CDP_DSNS_FILE",
        "CDP_PROCESS",
        "REDIS_URL",
        "PGPASSWORD",
        "PGUSER",
        "PGHOST",
    }
)
NO_DATABASE = "mailbox"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where things are in this launch."""

    root: Path  # the checkout
    var: Path
    dsns: Mapping[str, str]  # role → address
    valkey_url: str
    port: int  # of the web server
    public_url: str
    smtp_port: int | None  # of the demo's mailbox
    is_demo: bool

    @property
    def mailbox(self) -> Path:
        return self.var / "mailbox"

    def own_dsns(self, process: str) -> dict[str, str]:
        """Return the addresses of a process of the given kind by role; a mailbox has none."""
        roles = PROCESSES[process].values() if process != NO_DATABASE else ()
        return {str(role): self.dsns[role] for role in roles}

    def environment(self, process: str, inherited: Mapping[str, str]) -> dict[str, str]:
        """
        Return the environment of a process of the given kind: its own addresses and no others.

        `process` is a key of `PROCESSES`, or "mailbox".
        """
        own = {
            "CDP_DSNS": json.dumps(self.own_dsns(process)),
            "CDP_VAR": str(self.var),
            "CDP_PUBLIC_URL": self.public_url,
            "VALKEY_URL": self.valkey_url,
            "PYTHONUNBUFFERED": "1",
        }
        if process != NO_DATABASE:
            own["CDP_PROCESS"] = process
        if self.is_demo:
            own["CDP_DEMO"] = "1"
        if self.smtp_port is not None:
            own |= {
                "CDP_SMTP_HOST": "127.0.0.1",
                "CDP_SMTP_PORT": str(self.smtp_port),
                "CDP_MAILBOX_DIR": str(self.mailbox),
            }
        return {k: v for k, v in inherited.items() if k not in LAUNCHERS_OWN} | own


def inherited() -> dict[str, str]:
    """Return the launcher's own environment."""
    return dict(os.environ)
