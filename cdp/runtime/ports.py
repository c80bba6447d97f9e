"""Free TCP ports on the loopback."""

import socket
from collections.abc import Collection

from cdp.kernel.errors import CdpError

HOST = "127.0.0.1"
TRIES = 200


class NoFreePort(CdpError):
    """Every port of the range is taken."""

    code = "no_free_port"


def is_free(port: int) -> bool:
    """
    Return whether nothing listens on `port`.

    Granian binds with SO_REUSEPORT and would share a taken port silently, hence the probe.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Return whether something listens on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def first_free(start: int, *, taken: Collection[int] = ()) -> int:
    """
    Return the first free port from `start` on that is not in `taken`.

    :raises NoFreePort: none of the next 200 is free
    """
    for port in range(start, start + TRIES):
        if port not in taken and is_free(port):
            return port
    raise NoFreePort(f"No port from {start} to {start + TRIES - 1} is free. End what uses them.")
