"""The way to the relay: TLS and the login that the settings ask for, or nothing at all."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from campaigns.channels.base import UNREACHABLE, ChannelError, Content
from campaigns.channels.email import SmtpLine
from cdp.accounts.mail import MailNotSent, send_mail
from cdp.kernel.relay import UNFIT, Relay
from cdp.runtime import ports
from tests.certificates import Authority, authority

USER, PASSWORD = "candor", "long-relay-password"
CONTENT = Content(
    subject="Hi", text="Hi", html="<p>Hi</p>", unsubscribe_url="https://x.example/u/1"
)


class Kept:
    """What the relay took, and whether it came by TLS and from whom."""

    def __init__(self) -> None:
        self.mails: list[tuple[bool, str]] = []

    async def handle_DATA(self, _: Any, session: Any, __: Any) -> str:  # noqa: N802  (aiosmtpd's)
        who = session.auth_data.login.decode() if session.auth_data else ""
        self.mails.append((session.ssl is not None, who))
        return "250 kept"


def _check(_: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
    fits = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
    return AuthResult(success=fits, handled=False, auth_data=given if fits else None)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that signed the relay's certificate."""
    return authority(tmp_path_factory.mktemp("ca"))


Start = Callable[..., int]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def start(kept: Kept) -> Iterator[Start]:
    """Return a function that starts a relay and returns its port."""
    running: list[Controller] = []

    def begin(**given: Any) -> int:
        port = ports.first_free(20_000 + len(running) * 50)
        server = Controller(kept, hostname="127.0.0.1", port=port, server_hostname="relay", **given)
        server.start()
        running.append(server)
        return port

    yield begin
    for server in running:
        server.stop()


def send(relay: Relay) -> None:
    line = SmtpLine(relay, sender="Shop <hello@shop.example>", timeout_seconds=5)
    try:
        line.send("mei@example.com", CONTENT, idempotency_key="1")
    finally:
        line.close()


def test_a_message_goes_by_starttls_and_with_the_login(
    start: Start, kept: Kept, ours: Authority
) -> None:
    port = start(tls_context=ours.server("localhost"), authenticator=_check, auth_required=True)

    send(Relay("localhost", port, "starttls", USER, PASSWORD, str(ours.pem)))

    assert kept.mails == [(True, USER)]


def test_a_message_goes_by_tls_from_the_first_byte(
    start: Start, kept: Kept, ours: Authority
) -> None:
    port = start(ssl_context=ours.server("localhost"), authenticator=_check, auth_require_tls=False)

    send(Relay("localhost", port, "tls", USER, PASSWORD, str(ours.pem)))

    assert len(kept.mails) == 1
    assert kept.mails[0][1] == USER


def test_a_relay_without_tls_gets_no_login_and_no_message(start: Start, kept: Kept) -> None:
    port = start(authenticator=_check, auth_require_tls=False)

    with pytest.raises(ChannelError) as refusal:
        send(Relay("localhost", port, "starttls", USER, PASSWORD))

    assert refusal.value.reason == UNREACHABLE and not refusal.value.permanent
    assert "CDP_SMTP_SECURITY" in str(refusal.value)
    assert kept.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_a_stranger_is_not_believed(
    start: Start, kept: Kept, ours: Authority, security: str
) -> None:
    tls = ours.server("localhost")
    port = start(**({"ssl_context": tls} if security == "tls" else {"tls_context": tls}))

    with pytest.raises(ssl.SSLError) as refusal:
        Relay("localhost", port, security).connect(timeout_seconds=5)

    assert isinstance(refusal.value, UNFIT)
    assert kept.mails == []


def test_a_certificate_of_another_name_is_not_believed(start: Start, ours: Authority) -> None:
    port = start(ssl_context=ours.server("relay.example"))

    with pytest.raises(ssl.SSLCertVerificationError):
        Relay("localhost", port, "tls", ca_file=str(ours.pem)).connect(timeout_seconds=5)


def test_a_wrong_password_is_named_and_never_repeated(
    start: Start, kept: Kept, ours: Authority
) -> None:
    port = start(tls_context=ours.server("localhost"), authenticator=_check, auth_required=True)
    relay = Relay("localhost", port, "starttls", USER, "wrong-password-1", str(ours.pem))

    with pytest.raises(smtplib.SMTPAuthenticationError):
        relay.connect(timeout_seconds=5)
    with pytest.raises(ChannelError) as refusal:
        send(relay)

    assert "wrong-password-1" not in str(refusal.value) + repr(relay)
    assert kept.mails == []


def test_service_mail_takes_the_same_way(
    start: Start, kept: Kept, ours: Authority, settings: Any
) -> None:
    settings.SMTP_HOST, settings.SMTP_SECURITY = "localhost", "starttls"
    settings.SMTP_PORT = start(
        tls_context=ours.server("localhost"), authenticator=_check, auth_required=True
    )
    settings.SMTP_USER, settings.SMTP_PASSWORD = USER, PASSWORD

    with pytest.raises(MailNotSent):
        send_mail(to="mei@example.com", subject="Sign in", text="A link")
    settings.SMTP_CA_FILE = str(ours.pem)
    send_mail(to="mei@example.com", subject="Sign in", text="A link")

    assert kept.mails == [(True, USER)]
