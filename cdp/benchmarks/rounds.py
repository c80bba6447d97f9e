"""
Rounds: every way of doing one piece of work, one after the other, again and again.

Noise between two passes of one program was 1.5 to 2 times, so ways are never timed apart: each
round runs all of them, every other round backwards, and a ratio compares what ran side by side.
Source: runtime reference, part 9.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cdp.kernel.errors import CdpError


class ProbeFailed(CdpError):
    """A benchmark does not measure what it says, so its numbers would mean nothing."""

    code = "probe_failed"


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Way:
    """
    One way to do the work: `work` is timed and does `units` of it, `before` and `after` are not.
    """

    work: Callable[[], object]
    units: int = 1
    before: Callable[[], object] = nothing
    after: Callable[[], object] = nothing


def race(
    *ways: Way, rounds: int, before: Callable[[], object] = nothing
) -> list[tuple[float, ...]]:
    """
    Return the seconds for one unit of each way, a number a round.

    `before` runs untimed ahead of each round. A round in the order given warms up and is not
    counted.
    """
    found: list[list[float]] = [[] for _ in ways]
    for number in range(rounds + 1):
        before()
        order = list(zip(ways, found, strict=True))
        for way, seconds in reversed(order) if number % 2 else order:
            taken = _time(way)
            if number:
                seconds.append(taken / way.units)
    return [tuple(seconds) for seconds in found]


def _time(way: Way) -> float:
    way.before()
    began = time.perf_counter()
    way.work()
    taken = time.perf_counter() - began
    way.after()
    return taken


def must_agree(what: str, answers: Sequence[object]) -> None:
    """
    Compare results before times: ways that do different work are not compared.

    :raises ProbeFailed: two answers differ
    """
    if any(answer != answers[0] for answer in answers):
        raise ProbeFailed(f"The ways to do “{what}” give different results; look into their rules.")


def must_differ(what: str, answer: object, control: object) -> None:
    """
    Prove the probe: what must make a difference makes one.

    :raises ProbeFailed: the control gives the same answer
    """
    if answer == control:
        raise ProbeFailed(f"“{what}” gives what its control gives, so it shows nothing.")
