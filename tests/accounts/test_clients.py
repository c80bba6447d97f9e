"""The client's address behind a counted number of proxies."""

import pytest

from cdp.accounts import clients

PEER = {"REMOTE_ADDR": "10.0.0.9"}


def test_without_proxies_the_peer_is_the_client() -> None:
    claimed = PEER | {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}

    assert clients.address(claimed, proxies=0) == "10.0.0.9"


def test_one_proxy_is_trusted_for_the_last_entry_alone() -> None:
    """Case 32."""
    forged = PEER | {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}

    assert clients.address(forged, proxies=1) == "203.0.113.7"


@pytest.mark.parametrize("header", ["", "unknown", "203.0.113.7:1234, x"])
def test_an_unreadable_header_falls_back_to_the_peer(header: str) -> None:
    """Case 32."""
    assert clients.address(PEER | {"HTTP_X_FORWARDED_FOR": header}, proxies=1) == "10.0.0.9"


def test_fewer_entries_than_proxies_fall_back_to_the_peer() -> None:
    """Case 32."""
    short = PEER | {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}

    assert clients.address(short, proxies=2) == "10.0.0.9"
