"""What a check of the log came to. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing found wrong: where (an entry's index, -1 for the log as a whole) and what."""

    index: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What a check of the log came to; `problem` is None when all of it holds.

    Entries before `since` were taken from an earlier check. Of `dropped` entries the detail is
    gone, as the log itself says. `backward` entries have an earlier time than the one before them.
    `waiting` entries are in the inbox, the oldest for `oldest_waiting`.
    """

    size: int
    root: str
    checkpoints: int
    anchors: int
    waiting: int
    oldest_waiting: timedelta
    problem: Problem | None
    since: int = 0
    dropped: int = 0
    backward: int = 0
    cosignatures: int = 0
