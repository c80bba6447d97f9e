"""
What the platform itself did to somebody, told through the same front door as everything else.

Each call names the person by subject (`subjectId`), which intake takes from the platform's own
source alone. They go into the journal in the transaction of what they report.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cdp.kernel.errors import CdpError
from profiles.events.intake import accept_calls
from profiles.sources.find import PLATFORM, SourceFacts, by_key

SENT = "Email Sent"
CLICKED = "Email Link Clicked"
UNSUBSCRIBED = "Unsubscribed"


class NoPlatformSource(CdpError):
    """The workspace has no source for what the platform itself reports."""

    code = "no_platform_source"


def platform_source() -> SourceFacts:
    """
    Return the current workspace's own source.

    :raises NoPlatformSource: it was never made
    """
    source = by_key(PLATFORM)
    if source is None:
        raise NoPlatformSource(f"Make a source with the key “{PLATFORM}”. Run: manage.py seed")
    return source


def call(
    event: str, subject: UUID, *, key: str, at: datetime, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Return one call as the front door takes it; `key` makes a repeat a duplicate. Pure."""
    return {
        "type": "track",
        "event": event,
        "messageId": key,
        "subjectId": str(subject),
        "timestamp": at.isoformat(),
        "properties": dict(properties),
    }


def announce(calls: Sequence[Mapping[str, Any]]) -> int:
    """
    Put the platform's own calls into the intake journal; return how many.

    :raises NoPlatformSource: the workspace's own source was never made
    """
    return accept_calls(platform_source(), calls) if calls else 0
