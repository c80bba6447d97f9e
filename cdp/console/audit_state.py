"""How the audit log stands: signed, checked, or broken; what a broken log means and what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audit import queries, verification
from cdp.console import refusals
from cdp.kernel import clock

OVERDUE = timedelta(hours=3)  # the log is checked by the hour


@dataclass(frozen=True, slots=True)
class Standing:
    """
    What the banner shows.

    `size` entries are signed under `root`; `checked` of them were checked at `checked_at`, and
    `problem` is what did not hold, first at entry `bad` (-1 for the log as a whole).
    """

    size: int
    root: str
    signed_at: datetime
    checked: int
    checked_at: datetime | None
    is_anchored: bool
    is_overdue: bool
    problem: str
    bad: int

    @property
    def holding(self) -> int:
        """Return how many entries, from the first on, still stand as they were signed."""
        return max(self.bad, 0)


def standing() -> Standing | None:
    """Return how the log stands, None before its first entry."""
    state, last = queries.state(), verification.newest()
    if state is None:
        return None
    problem = last.problem if last else None
    return Standing(
        size=state.size,
        root=state.root.hex(),
        signed_at=state.signed_at,
        checked=last.size if last else 0,
        checked_at=last.at if last else None,
        is_anchored=bool(last and last.anchors),
        is_overdue=last is None or clock.now() - last.at > OVERDUE,
        problem=refusals.said(problem.text) if problem else "",
        bad=problem.index if problem else 0,
    )


def alarm() -> Standing | None:
    """Return how a broken log stands, None if the newest check held."""
    last = verification.newest()
    return standing() if last and last.problem else None
