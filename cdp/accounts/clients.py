"""Where a request comes from, behind a known number of proxies. Pure."""

from collections.abc import Mapping
from ipaddress import ip_address


def address(meta: Mapping[str, str], *, proxies: int) -> str:
    """
    Return the client's address: the peer's, or the entry `proxies` places from the right.

    Entries further left are the client's own claims. What is not an address falls back to the
    peer, so a request is never lost to a header.
    """
    peer = meta.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    claimed = hops[-proxies] if 0 < proxies <= len(hops) else peer
    try:
        return str(ip_address(claimed))
    except ValueError:
        return peer
