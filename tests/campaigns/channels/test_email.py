"""The e-mail channel against a relay that accepts, refuses, stalls and hangs up."""

import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channels.base import ChannelError, Content, OutcomeUnknown
from campaigns.channels.email import SmtpLine, compose, message_id
from cdp.kernel.relay import Relay as Way

SENDER = "Demo Shop <hello@shop.example>"
CONTENT = Content(
    subject="Hi Mei",
    text="Dear Mei,\n.\nBye",
    html="<p>Dear Mei</p>",
    unsubscribe_url="https://candor.example/u/" + "t" * 43,
)


class Relay:
    """A relay on loopback that answers each command as told, one connection after another."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.hangs_up_at = ""
        self.received: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines:
                self._talk(connection.sendall, lines)

    def _talk(self, say: Callable[[bytes], None], lines: Any) -> None:
        say(b"220 relay\r\n")
        for line in lines:
            verb = line[:4].strip().upper().decode()
            if verb == self.hangs_up_at:
                return
            if verb == "DATA" and "DATA" not in self.answers:
                say(b"354 go on\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += lines.readline()
                if self.hangs_up_at == "BODY":
                    return
                self.received.append(body)
                say(self.answers.get("BODY", b"250 kept\r\n"))
                continue
            say(self.answers.get(verb, b"250 fine\r\n"))
            if verb == "QUIT":
                return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    running = Relay()
    yield running
    running.close()


@pytest.fixture
def line(relay: Relay) -> Iterator[SmtpLine]:
    opened = SmtpLine(Way("127.0.0.1", relay.port), sender=SENDER, timeout_seconds=2)
    yield opened
    opened.close()


def test_a_message_arrives_with_its_id_and_one_click_headers(relay: Relay, line: SmtpLine) -> None:
    reference = line.send("mei@example.com", CONTENT, idempotency_key="7f3a")

    assert reference == "<7f3a@shop.example>"
    raw = relay.received[0]
    assert b"\r\nList-Unsubscribe: <https://candor.example/u/" + b"t" * 43 + b">\r\n" in raw
    assert b"\r\nMessage-ID: <7f3a@shop.example>\r\n" in raw
    received = message_from_bytes(raw, policy=default)
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received["To"] == "mei@example.com"
    assert received["Subject"] == "Hi Mei"
    assert {part.get_content_type() for part in received.walk()} >= {"text/plain", "text/html"}


def test_a_batch_uses_one_connection(relay: Relay, line: SmtpLine) -> None:
    for number in range(5):
        line.send(f"p{number}@example.com", CONTENT, idempotency_key=str(number))

    assert relay.connections == 1
    assert len(relay.received) == 5


@pytest.mark.parametrize(
    ("verb", "answer", "reason", "permanent"),
    [
        ("RCPT", b"550 no such user mei@example.com\r\n", "address_refused", True),
        ("RCPT", b"450 try later\r\n", "address_refused", False),
        ("MAIL", b"553 not you\r\n", "sender_refused", True),
        ("DATA", b"451 busy\r\n", "message_refused", False),
        ("BODY", b"554 looks like spam to mei@example.com\r\n", "message_refused", True),
        ("BODY", b"452 full\r\n", "message_refused", False),
    ],
)
def test_a_refusal_says_whether_trying_again_can_help_and_quotes_nothing(
    relay: Relay, line: SmtpLine, verb: str, answer: bytes, reason: str, permanent: bool
) -> None:
    relay.answers[verb] = answer

    with pytest.raises(ChannelError) as refused:
        line.send("mei@example.com", CONTENT, idempotency_key="1")

    assert (refused.value.reason, refused.value.permanent) == (reason, permanent)
    assert "mei" not in str(refused.value)


def test_one_refused_address_does_not_cost_the_next(relay: Relay, line: SmtpLine) -> None:
    relay.answers["RCPT"] = b"550 no\r\n"
    with pytest.raises(ChannelError):
        line.send("gone@example.com", CONTENT, idempotency_key="1")
    relay.answers.clear()

    line.send("mei@example.com", CONTENT, idempotency_key="2")

    assert len(relay.received) == 1


def test_a_connection_lost_after_the_message_leaves_the_outcome_unknown(
    relay: Relay, line: SmtpLine
) -> None:
    """Case 40."""
    relay.hangs_up_at = "BODY"

    with pytest.raises(OutcomeUnknown):
        line.send("mei@example.com", CONTENT, idempotency_key="1")


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_message_is_a_plain_failure(
    relay: Relay, line: SmtpLine, verb: str
) -> None:
    relay.hangs_up_at = verb

    with pytest.raises(ChannelError) as lost:
        line.send("mei@example.com", CONTENT, idempotency_key="1")

    assert (lost.value.reason, lost.value.permanent) == ("unreachable", False)


def test_after_a_lost_connection_the_next_message_opens_another(
    relay: Relay, line: SmtpLine
) -> None:
    relay.hangs_up_at = "BODY"
    with pytest.raises(OutcomeUnknown):
        line.send("mei@example.com", CONTENT, idempotency_key="1")
    relay.hangs_up_at = ""

    line.send("mei@example.com", CONTENT, idempotency_key="1")

    assert relay.connections == 2


def test_a_relay_that_is_away_is_unreachable() -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()

    with pytest.raises(ChannelError) as away:
        SmtpLine(Way("127.0.0.1", port), sender=SENDER, timeout_seconds=1).send(
            "mei@example.com", CONTENT, idempotency_key="1"
        )

    assert away.value.reason == "unreachable"


@pytest.mark.parametrize(
    "address", ["mei@example.com\r\nBcc: x@y.z", "", "no address", "a@b@c", "mei@exa mple.com"]
)
def test_what_is_no_address_is_refused_for_good_without_being_quoted(address: str) -> None:
    with pytest.raises(ChannelError) as refused:
        compose(address, CONTENT, sender=SENDER, message_id="<1@x>")

    assert refused.value.permanent
    assert "mei" not in str(refused.value)


@given(st.text(max_size=300))
def test_no_subject_adds_a_header(subject: str) -> None:
    content = Content(subject, "text", "<p></p>", "https://candor.example/u/t")

    message = compose("mei@example.com", content, sender=SENDER, message_id="<1@x>")

    plain = compose("mei@example.com", CONTENT, sender=SENDER, message_id="<1@x>")
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert list(parsed.keys()) == list(message_from_bytes(plain.as_bytes(), policy=default).keys())


def test_the_message_id_is_the_deliverys_at_the_senders_domain() -> None:
    assert message_id("7f3a", sender=SENDER) == message_id("7f3a", sender=SENDER)
    assert message_id("7f3a", sender=SENDER) == "<7f3a@shop.example>"


def test_repr_of_a_message_shows_nothing_of_it() -> None:
    assert "Mei" not in repr(CONTENT) and "tttt" not in repr(CONTENT)
