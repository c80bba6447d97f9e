"""A browser for the portal's tests, and a mailbox at the end of the relay."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client

from audit import sequencer
from cdp.accounts import sessions
from cdp.kernel import database, valkey
from cdp.kernel.roles import Role
from cdp.portal import tasks
from cdp.portal.browser import SESSION
from cdp.runtime import ports
from tests.accounts.conftest import valkey_away as valkey_away
from tests.people import Customer, Shop


class Mailbox:
    """Keeps what the relay hands over."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take one message, as aiosmtpd's handlers do."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    @property
    def recipients(self) -> list[str]:
        """Return the address of each message."""
        return [message["To"] for message in self.messages]

    def newest_token(self) -> str:
        """Return the token behind the newest link."""
        found = re.search(r"/my/enter/#(\S+)", self.text())
        assert found
        return found[1]

    def newest_code(self) -> str:
        """Return the newest code."""
        found = re.search(r"\b([2-9A-Z]{4}-[2-9A-Z]{4})\b", self.text())
        assert found
        return found[1]

    def text(self) -> str:
        """Return the newest message's text."""
        return str(self.messages[-1].get_content())


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """Listen on a free loopback port and let the platform send there."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=ports.first_free(20025))
    controller.start()
    settings.SMTP_HOST, settings.SMTP_PORT = controller.hostname, controller.port
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Any) -> None:
    """Begin each test with every try unspent."""
    live = valkey.live()
    for key in live.keys("limit:*"):
        live.delete(key)


@pytest.fixture
def visitor(shop: Shop) -> Client:
    """Return somebody's browser."""
    return Client()


def work() -> None:
    """Let a worker send the links that wait."""
    with database.as_role(Role.WORKER):
        tasks.send_sign_in_links()


def seal_log() -> None:
    """Let the sequencer put what waits in the inbox into the log."""
    with database.as_role(Role.AUDIT):
        sequencer.sequence()


def signed_in(customer: Customer) -> Client:
    """Return a browser in which this customer is signed in."""
    with database.door("portal"):
        token = sessions.begin(customer.subject)
    client = Client()
    client.cookies[SESSION] = token
    return client
