"""E-mail by SMTP: one relay, one connection for a batch, headers that cannot be injected."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels.base import (
    MAX_SUBJECT_CHARACTERS,
    UNREACHABLE,
    ChannelError,
    Content,
    OutcomeUnknown,
)
from cdp.kernel import clock, relay
from cdp.kernel.relay import UNFIT, Relay

_TEMPORARY = range(400, 500)


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header that is never folded: some signers and mailbox providers misread a folded one."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_registry = HeaderRegistry()
_registry.map_to_type("list-unsubscribe", _OneLine)
_registry.map_to_type("message-id", _OneLine)
POLICY = SMTP.clone(header_factory=_registry)


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, as a header may hold it."""
    spaced = (" " if not character.isprintable() else character for character in text)
    return " ".join("".join(spaced).split())


def compose(address: str, content: Content, *, sender: str, message_id: str) -> EmailMessage:
    """
    Return the message: text and HTML, with one-click unsubscribe headers.

    `message_id` is the same each time one delivery is handed over, so a mailbox keeps one copy.

    :raises ChannelError: the address is not one that mail can be sent to; permanent
    Source: RFC 5322, RFC 8058 section 3.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = one_line(sender)
    message["To"] = _recipient(address)
    message["Subject"] = one_line(content.subject)[:MAX_SUBJECT_CHARACTERS]
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = message_id
    message["List-Unsubscribe"] = f"<{one_line(content.unsubscribe_url)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Content-Language"] = one_line(content.language)
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    return message


def _recipient(address: str) -> Address:
    if address != one_line(address):
        raise _bad_address()
    try:
        return Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):  # its text quotes the address
        raise _bad_address() from None


def _as_bytes(message: EmailMessage, address: str) -> bytes:
    """Return the bytes to pass on; an address in another script needs headers in UTF-8."""
    return message.as_bytes(policy=POLICY if address.isascii() else POLICY.clone(utf8=True))


def _bad_address() -> ChannelError:
    return ChannelError(
        "The stored address is no e-mail address. Correct it at its source.",
        reason="bad_address",
        permanent=True,
    )


def message_id(idempotency_key: str, *, sender: str) -> str:
    """Return the Message-ID of a delivery: its id at the sender's domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or urlsplit(settings.PUBLIC_URL).hostname
    return f"<{idempotency_key}@{domain or 'localhost'}>"


class SmtpLine:
    """One SMTP connection, opened when first needed and again after it broke."""

    def __init__(self, relay: Relay, *, sender: str, timeout_seconds: float) -> None:
        self._relay, self._sender, self._timeout = relay, sender, timeout_seconds
        self._smtp: smtplib.SMTP | None = None

    def send(self, address: str, content: Content, *, idempotency_key: str) -> str:
        """
        Hand over once and return the Message-ID.

        Up to the message itself a lost connection is a plain failure: nothing was sent. From
        there on only an answer tells what became of it.

        :raises ChannelError: refused; `permanent` says that trying again cannot help
        :raises OutcomeUnknown: the connection ended before the answer came
        """
        reference = message_id(idempotency_key, sender=self._sender)
        message = compose(address, content, sender=self._sender, message_id=reference)
        smtp = self._connected()
        self._begin(smtp, address)
        try:
            status, _ = smtp.data(_as_bytes(message, address))
        except smtplib.SMTPDataError as refusal:  # refused before the message was passed on
            self._reset(smtp)
            raise _refused(refusal.smtp_code, "message_refused") from None
        except (OSError, smtplib.SMTPException):
            self.close()
            raise OutcomeUnknown("No answer; the message may have been accepted.") from None
        if status != 250:
            self._reset(smtp)
            raise _refused(status, "message_refused")
        return reference

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._relay.connect(timeout_seconds=self._timeout)
            except UNFIT:
                raise ChannelError(
                    "The relay refuses TLS or our login. "
                    "Check CDP_SMTP_SECURITY and CDP_SMTP_USER.",
                    reason=UNREACHABLE,
                ) from None
            except (OSError, smtplib.SMTPException):
                raise _unreachable() from None
        return self._smtp

    def _begin(self, smtp: smtplib.SMTP, address: str) -> None:
        """Say hello, who sends and to whom."""
        try:
            smtp.ehlo_or_helo_if_needed()
            options = [] if address.isascii() else ["SMTPUTF8"]
            if options and not smtp.has_extn("smtputf8"):
                raise ChannelError(
                    "The relay takes no addresses in other scripts. Use one with SMTPUTF8.",
                    reason="address_script",
                    permanent=True,
                )
            status, _ = smtp.mail(parseaddr(self._sender)[1], options)
            if status == 250:
                status, _ = smtp.rcpt(address)
                if status in (250, 251):
                    return
                self._reset(smtp)
                raise _refused(status, "address_refused")
        except (OSError, smtplib.SMTPException):
            self.close()
            raise _unreachable() from None
        self._reset(smtp)
        raise _refused(status, "sender_refused")

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Hang up, politely when the relay still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()


def _refused(status: int, reason: str) -> ChannelError:
    permanent = status not in _TEMPORARY
    return ChannelError(f"The relay answered {status}.", reason=reason, permanent=permanent)


def _unreachable() -> ChannelError:
    return ChannelError(
        "The relay does not answer. Check CDP_SMTP_HOST and CDP_SMTP_PORT.", reason=UNREACHABLE
    )


class EmailChannel:
    """Marketing and service mail through one SMTP relay."""

    key: ClassVar[str] = "email"
    address_field: ClassVar[str] = "email"
    repeats_unknown: ClassVar[bool] = True  # a repeat has the same Message-ID
    patience_seconds: ClassVar[float] = 10

    @contextmanager
    def open(self) -> Iterator[SmtpLine]:
        """Return a line to the relay that the settings name."""
        line = SmtpLine(
            relay.configured(),
            sender=settings.SMTP_SENDER,
            timeout_seconds=self.patience_seconds,
        )
        try:
            yield line
        finally:
            line.close()
