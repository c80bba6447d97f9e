"""What a channel is: it hands one message over, once, and says what came of it. Pure."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from cdp.kernel.errors import CdpError

MAX_SUBJECT_CHARACTERS = 250
UNREACHABLE = "unreachable"  # a reason: nobody answers, so the next message would fare no better


class ChannelError(CdpError):
    """
    The message was not accepted, for certain.

    `permanent` says that trying again cannot help. `reason` is kept on the delivery; neither it
    nor the text quotes the provider's answer, which may hold the address.
    """

    code = "channel_refused"

    def __init__(self, message: str, *, reason: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.permanent = permanent


class OutcomeUnknown(CdpError):
    """The connection ended before the answer came: the message may have been accepted."""

    code = "outcome_unknown"


@dataclass(frozen=True, slots=True)
class Content:
    """One rendered message. Personal values: never shown by `repr`, never stored."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    unsubscribe_url: str = field(repr=False)
    language: str = "en"


class Line(Protocol):
    """An open connection to a provider, good for many messages."""

    def send(self, address: str, content: Content, *, idempotency_key: str) -> str:
        """
        Hand over once and return the provider's reference.

        :raises ChannelError: refused; `permanent` says that trying again cannot help
        :raises OutcomeUnknown: the connection ended before the answer came
        """
        ...


class Channel(Protocol):
    """One way to reach a person."""

    key: ClassVar[str]
    address_field: ClassVar[str]  # field of the vault that holds the address
    # Whether a message whose outcome is unknown may be handed over a second time, because the
    # far side can tell that it is the same one.
    repeats_unknown: ClassVar[bool]
    patience_seconds: ClassVar[float]  # longest wait for one answer

    def open(self) -> AbstractContextManager[Line]:
        """Return a line to the provider; it connects when first used."""
        ...
