"""
What becomes of a delivery: the ways between its states, and what an answer leads to. Pure.

Queued → claimed → calling → sent, refused, unknown, or queued again later. `calling` is committed
just before the hand-over, so a crash leaves a row that says "perhaps", never one that lies.
Source: delivery reference, parts 3.3 and 3.4.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from campaigns.delivery.models import Delivery

State = Delivery.State

LEASE = timedelta(seconds=60)
MAX_TRIES = 8
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=20), timedelta(minutes=15)

WAYS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.CLAIMED, State.SKIPPED}),
    State.CLAIMED: frozenset({State.QUEUED, State.CALLING, State.SKIPPED}),
    State.CALLING: frozenset({State.SENT, State.REFUSED, State.QUEUED, State.DEAD, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENT, State.QUEUED}),
    State.SENT: frozenset(),
    State.REFUSED: frozenset(),
    State.SKIPPED: frozenset(),
    State.DEAD: frozenset(),
}
OPEN = (State.QUEUED, State.CLAIMED, State.CALLING)

# Reasons with a meaning for the machine.
REPEAT = "repeat"  # queued once more after an unknown outcome
NO_ANSWER = "no_answer"  # unknown; the sweeper repeats it where channel and consent allow
NO_ANSWER_FINAL = "no_answer_final"  # unknown for good
NO_CONSENT = "consent"
NO_ADDRESS = "no_address"
STOPPED = "stopped"

DUE = "due"  # beside the states, in a campaign's counts: queued rows that need not wait


class Answer(StrEnum):
    """What came of one hand-over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for certain and for good
    TRY_AGAIN = "try_again"  # for certain, for now
    NO_ANSWER = "no_answer"
    NOT_CALLED = "not_called"  # nothing was handed over
    NOT_WRITTEN = "not_written"  # the message could not be written for this person


@dataclass(frozen=True, slots=True)
class Settlement:
    """The state that an answer leads to; `wait` is from now on, for queued rows alone."""

    state: Delivery.State
    reason: str = ""
    provider_id: str = ""
    wait: timedelta = timedelta(0)
    tries: int = 0


def settle(
    answer: Answer,
    *,
    tries: int,
    was: str,
    reason: str = "",
    provider_id: str = "",
    jitter: float = 1.0,
) -> Settlement:
    """
    Return what a hand-over's answer leads to.

    `tries` counts this one; `was` is the reason the row carried when claimed; `jitter` in 0..1
    spreads waiting rows.
    """
    kept = REPEAT if was == REPEAT else ""  # a second unknown outcome is final
    match answer:
        case Answer.ACCEPTED:
            return Settlement(State.SENT, provider_id=provider_id, tries=tries)
        case Answer.REFUSED:
            return Settlement(State.REFUSED, reason, tries=tries)
        case Answer.NOT_WRITTEN:
            return Settlement(State.SKIPPED, reason, tries=tries)
        case Answer.NO_ANSWER:
            return Settlement(State.UNKNOWN, NO_ANSWER_FINAL if kept else NO_ANSWER, tries=tries)
        case Answer.NOT_CALLED:
            return Settlement(State.QUEUED, kept, tries=max(0, tries - 1))
        case Answer.TRY_AGAIN if tries >= MAX_TRIES:
            return Settlement(State.DEAD, reason, tries=tries)
        case Answer.TRY_AGAIN:
            return Settlement(State.QUEUED, kept or reason, wait=wait(tries, jitter), tries=tries)
        case _:
            assert_never(answer)


def wait(tries: int, jitter: float) -> timedelta:
    """Return how long to wait after try number `tries`: doubling, at most 15 minutes, spread."""
    doublings = min(max(0, tries - 1), 10)
    longest = min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
    return longest * (0.5 + 0.5 * jitter)


def has_time(lease_until: datetime, *, now: datetime, patience_seconds: float) -> bool:
    """Return whether one more call, with its longest wait, ends before the lease does."""
    return lease_until - now > timedelta(seconds=patience_seconds + 5)
