"""
The one door out: requests to addresses that somebody configured (webhooks, imports, witnesses).

Such an address is a wish of whoever typed it. It must lead to the public internet, by HTTPS, to a
usual port; the name is resolved once, the answer is checked, and the connection goes to exactly
that address, so a name that changes its mind in between leads nowhere. No redirect is followed,
no proxy or credential of this machine is used; an answer's size and time have an end.
Hosts of the deployment's own network are named in its settings, never in a workspace.
Source: hardening reference, part 4.4; OWASP ASVS 5.0 1.3.6, 13.2.4, 15.3.2.
"""

import re
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from ssl import SSLCertVerificationError
from urllib.parse import SplitResult, urlsplit

import idna
import requests
from django.conf import settings
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

from cdp.kernel.errors import CdpError

PORTS = (443, 8443)
CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
PATIENCE_SECONDS = 10.0
MOST_BYTES = 1024 * 1024
_DEFAULT_PORT = {"http": 80, "https": 443}
_UNICAST = IPv6Network("2000::/3")  # all of IPv6 that is routed between strangers
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?")
_SURPRISING = re.compile(r"[^\x21-\x7e\u00a1-\U0010ffff]|[\\@#]")


class OutgoingRefused(CdpError):
    """The address is not one that this deployment calls. Nothing was sent."""

    code = "outgoing_refused"


class Unreached(CdpError):
    """No connection came about. Nothing was sent."""

    code = "outgoing_unreached"


class Unanswered(CdpError):
    """The connection ended before a whole answer came; the other side may have acted on it."""

    code = "outgoing_unanswered"


class AnswerTooLarge(Unanswered):
    """The answer has more bytes than we read."""

    code = "outgoing_answer_too_large"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; a redirect is an answer too, and is not followed."""

    status: int
    body: bytes


class _PublicOnly(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """Resolves once, connects to what it resolved, and only to addresses of the open internet."""

    def build_connection_pool_key_attributes(self, request, verify, cert=None):  # type: ignore[no-untyped-def]  # the library's own is loosely typed
        where, how = super().build_connection_pool_key_attributes(request, verify, cert)
        if not is_public(where["host"].strip("[]")):
            raise InvalidIPAddress
        return where, how


def is_public(address: str) -> bool:
    """
    Return whether an IP address belongs to the open internet.

    Stricter than `is_global`, which is true of translated IPv4 addresses (NAT64); IPv6 addresses
    that carry an IPv4 address of the old kinds lie outside 2000::/3 and are refused with it.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if isinstance(ip, IPv6Address) and ip not in _UNICAST:
        return False
    return ip.is_global and not (ip.is_reserved or ip.is_multicast)


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """
    Send `body` to a configured address and return the answer, whatever its status.

    `only` names the hosts that the workspace allows; empty allows every public one.
    Takes at most about 10 s once the answer's head is there. Name and head have no end of their
    own: the resolver's, and 5 s of silence; so no request of a person waits for it.

    :raises OutgoingRefused: not an address that may be called; nothing was sent
    :raises Unreached: no connection; nothing was sent
    :raises Unanswered: sent, and no whole answer
    """
    return _ask("POST", url, body=body, headers=headers, only=only, most_bytes=most_bytes)


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """
    Ask a configured address and return the answer, whatever its status; as `post`.

    :raises OutgoingRefused, Unreached, Unanswered: as `post`
    """
    return _ask("GET", url, body=None, headers=headers, only=only, most_bytes=most_bytes)


def check(url: str, *, only: Collection[str] = ()) -> str:
    """
    Return `url` as it would be called, without asking anybody; for forms that take an address.

    A name is resolved when it is called, not here.

    :raises OutgoingRefused: not an address that may be called
    """
    parts = _split(url)
    host, port = _host(parts), _port(parts)
    if only and host not in only:
        raise OutgoingRefused("This workspace does not call this host. Add it to its list first.")
    if not _is_internal(host, port):
        if parts.scheme != "https":
            raise OutgoingRefused("Give an address that begins with https://.")
        if port not in PORTS:
            raise OutgoingRefused("Use port 443 or 8443.")
        if not _NAME.fullmatch(host) and not _is_public_literal(host):
            raise OutgoingRefused("This address is not on the open internet.")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == _DEFAULT_PORT[parts.scheme] else f"{shown}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{place}{parts.path or '/'}{query}"


def _ask(
    method: str,
    url: str,
    *,
    body: bytes | None,
    headers: Mapping[str, str] | None,
    only: Collection[str],
    most_bytes: int,
) -> Answer:
    whole = check(url, only=only)
    ends_at = time.monotonic() + PATIENCE_SECONDS
    try:
        with (
            _session(whole) as session,
            session.request(
                method,
                whole,
                data=body,
                headers={"Accept-Encoding": "identity", "User-Agent": "Candor", **(headers or {})},
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                verify=settings.OUTGOING_CA_FILE or True,
            ) as answer,
        ):
            return Answer(answer.status_code, _read(answer, most_bytes, ends_at))
    except InvalidIPAddress:
        raise OutgoingRefused("This address is not on the open internet.") from None
    except requests.exceptions.ConnectTimeout:
        raise _unreached() from None
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
        raise OutgoingRefused("The address or a header has a form that is not sent.") from None
    except requests.RequestException as failure:  # its text quotes the address
        if _before_sending(failure):
            raise _unreached() from None
        raise Unanswered("The connection ended before the answer came.") from None
    except (HTTPError, OSError):
        raise Unanswered("The connection ended before the answer came.") from None


def _session(url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    parts = urlsplit(url)
    if not _is_internal(parts.hostname or "", parts.port or _DEFAULT_PORT[parts.scheme]):
        session.mount("http://", _PublicOnly(is_https_proto=False))
        session.mount("https://", _PublicOnly(is_https_proto=True))
    return session


def _read(answer: requests.Response, most_bytes: int, ends_at: float) -> bytes:
    """Return the body as it is on the wire, piece by piece, so that size and time are kept."""
    body = bytearray()
    while piece := answer.raw.read1(65_536, decode_content=False):
        body += piece
        if len(body) > most_bytes:
            raise AnswerTooLarge(f"The answer has more than {most_bytes:,} bytes.")
        if time.monotonic() > ends_at:
            raise Unanswered("The answer takes too long.")
    return bytes(body)


def _before_sending(failure: requests.RequestException) -> bool:
    """Return whether a request failed before its first byte: no name, no connection, no TLS."""
    if isinstance(failure.__cause__, socket.gaierror):
        return True
    cause = failure.args[0] if failure.args else None
    reason = getattr(cause, "reason", cause)
    inner = reason.args[0] if isinstance(reason, SSLError) and reason.args else None
    return isinstance(reason, NewConnectionError) or isinstance(
        inner, (SSLCertVerificationError, CertificateError)
    )


def _unreached() -> Unreached:
    return Unreached("The host cannot be reached, or its certificate does not fit.")


def _split(url: str) -> SplitResult:
    """Return the parts of an address that every parser reads alike."""
    if len(url) > 2_000 or _SURPRISING.search(url):
        raise OutgoingRefused("Give a plain address: no user name, no spaces, no fragment.")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise OutgoingRefused("This is not an address.") from None
    if parts.scheme not in _DEFAULT_PORT or not parts.hostname:
        raise OutgoingRefused("Give an address that begins with https://.")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise OutgoingRefused("This is not a host name.") from None


def _port(parts: SplitResult) -> int:
    return _DEFAULT_PORT[parts.scheme] if parts.port is None else parts.port


def _is_public_literal(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False


def _is_internal(host: str, port: int) -> bool:
    return f"{host}:{port}" in settings.OUTGOING_INTERNAL
