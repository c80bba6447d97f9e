"""The one parent of every anticipated failure. Pure."""

from typing import ClassVar


class CdpError(Exception):
    """Parent of every anticipated failure; neither text nor facts hold a personal value."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **facts: str | int) -> None:
        super().__init__(message)
        self.facts = facts
