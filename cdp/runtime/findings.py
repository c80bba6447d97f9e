"""What `manage.py doctor` looks at on this machine: each finding is one sentence."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cdp.kernel.errors import CdpError
from cdp.runtime import ports, postgres_binaries, unprivileged, valkey
from cdp.runtime.launch import FIRST_WEB_PORT, Ground

OLDEST_PYTHON = (3, 11)
ENOUGH_DISK_BYTES = 3 * 1024**3
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
JAVA_MAJOR = 17
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing; what is not `fine` and `required` keeps Candor from running."""

    fine: bool
    says: str
    required: bool = True


def machine(ground: Ground) -> Iterator[Finding]:
    """Look at everything that needs no running server."""
    yield python()
    yield packages(ground.root / "requirements.lock")
    yield postgres_programs(ground)
    yield valkey_program(ground)
    yield web_port(ground)
    yield folder(ground.var)
    yield disk(ground.var)
    yield key_file(ground)
    yield browser()
    yield java()


def python() -> Finding:
    """Say whether the interpreter is new enough."""
    found = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(True, f"{found} runs this.")
    return Finding(False, f"{found} is too old; install Python 3.11 or newer and remove .venv.")


def packages(lock: Path) -> Finding:
    """Say whether the installed packages are those of the lock file."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*\\?$", lock.read_text(), re.MULTILINE)
    wrong = [name for name, wanted in pinned if _installed(name) != wanted]
    if not wrong:
        return Finding(True, f"All {len(pinned)} packages are those of {lock.name}.")
    return Finding(
        False,
        f"{len(wrong)} packages differ from {lock.name} ({', '.join(wrong[:3])} …); run “make "
        "demo”, which syncs them.",
    )


def postgres_programs(ground: Ground) -> Finding:
    """Say whether a PostgreSQL server can be run here."""
    if ground.database_url:
        return Finding(True, "DATABASE_URL names a server, so none is started here.")
    try:
        who = unprivileged.account()
    except CdpError as reason:
        return Finding(False, str(reason))
    for programs in postgres_binaries.candidates():
        found = postgres_binaries.major(programs, who)
        if found and found >= postgres_binaries.OLDEST_MAJOR:
            return Finding(True, f"PostgreSQL {found} can be run from {programs}.")
    if postgres_binaries.wheel_folder() and who:
        return Finding(
            True,
            f"PostgreSQL will be copied to a place that the user {who.name} can reach.",
        )
    return Finding(
        False,
        "No PostgreSQL 15 or newer can be run; run “make demo”, or set DATABASE_URL.",
    )


def valkey_program(ground: Ground) -> Finding:
    """Say whether a Valkey server can be run here."""
    if ground.valkey_url:
        return Finding(True, "VALKEY_URL names a server, so none is started here.")
    try:
        return Finding(True, f"Valkey can be run from {valkey.locate()}.")
    except CdpError as reason:
        return Finding(False, str(reason))


def web_port(ground: Ground) -> Finding:
    """Say which port the web server would take."""
    if ground.port and not ports.is_free(ground.port):
        return Finding(False, f"CDP_PORT {ground.port} is taken; free it or unset CDP_PORT.")
    try:
        port = ground.port or ports.first_free(FIRST_WEB_PORT)
    except CdpError as reason:
        return Finding(False, str(reason))
    return Finding(True, f"Port {port} is free for the web server.")


def folder(var: Path) -> Finding:
    """Say whether the folder for data can be written."""
    nearest = next(path for path in (var, *var.parents) if path.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return Finding(True, f"{var} can be written.")
    return Finding(False, f"{nearest} cannot be written; set CDP_VAR to a folder of yours.")


def disk(var: Path) -> Finding:
    """Say whether there is room for the data."""
    nearest = next(path for path in (var, *var.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    text = f"{free / GIB:.1f} GiB are free"
    if free >= ENOUGH_DISK_BYTES:
        return Finding(True, f"{text} at {nearest}.")
    return Finding(False, f"Only {text} at {nearest}; the demo needs 3 GiB.")


def key_file(ground: Ground) -> Finding:
    """Say whether the key ring can be used, or will be made."""
    has_data = ground.logins.exists()
    if not ground.keyring.exists() and not has_data:
        return Finding(True, "The key ring is made at the first start.")
    health = ground.keyring.health()
    return Finding(health.fine, health.says)


def browser() -> Finding:
    """Say whether browser tests can run."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found:
        return Finding(True, f"Browser tests can use {found}.", required=False)
    return Finding(False, "Browser tests need Chromium: apt-get install chromium.", required=False)


def java() -> Finding:
    """Say whether Spark can run; it is optional."""
    wanted = f"Spark (optional) needs Java {JAVA_MAJOR}: apt-get install openjdk-17-jre-headless."
    program = shutil.which("java")
    if program is None:
        return Finding(False, wanted, required=False)
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    major = re.search(r'version "(\d+)', told.stderr)
    if major and int(major.group(1)) == JAVA_MAJOR:
        return Finding(True, f"Spark can use Java {JAVA_MAJOR} from {program}.", required=False)
    return Finding(False, wanted, required=False)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
