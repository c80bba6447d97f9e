"""Every channel there is, by key."""

from campaigns.channels.base import Channel
from campaigns.channels.email import EmailChannel
from cdp.kernel.errors import CdpError


class UnknownChannel(CdpError):
    """No channel of that key exists."""

    code = "unknown_channel"


CHANNELS: dict[str, Channel] = {channel.key: channel for channel in (EmailChannel(),)}


def find(key: str) -> Channel:
    """
    Return the channel `key`.

    :raises UnknownChannel: there is none
    """
    try:
        return CHANNELS[key]
    except KeyError:
        raise UnknownChannel("Choose a channel that is set up: " + ", ".join(CHANNELS)) from None


def repeatable() -> list[str]:
    """Return the channels whose far side recognizes a repeat of an unknown outcome."""
    return [channel.key for channel in CHANNELS.values() if channel.repeats_unknown]
