"""Show how far a load is and how fast: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from cdp.kernel import clock

LINES_PER_STEP = 5  # off a terminal


@dataclass(slots=True)
class Step:
    """One step of known size; `advance` may be called often."""

    title: str
    total: int
    out: TextIO
    bar: Progress | None
    task: TaskID | None
    done: int = 0
    started_at: datetime = field(default_factory=clock.now)
    _shown: int = 0

    def advance(self, count: int) -> None:
        """Count `count` more as done and show it."""
        self.done += count
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=self.done, rate=f"{self.rate:,}/s")
            return
        part = self.done * LINES_PER_STEP // max(self.total, 1)
        if part > self._shown:
            self._shown = part
            line = f"{self.title}: {self.done:,} of {self.total:,} ({self.rate:,}/s)"
            print(line, file=self.out, flush=True)

    @property
    def rate(self) -> int:
        """How many a second, since the step began."""
        return per_second(self.done, since=self.started_at)


def per_second(count: int, *, since: datetime) -> int:
    """Return the rate of `count` things from `since` until now."""
    seconds = (clock.now() - since).total_seconds()
    return round(count / seconds) if seconds > 0 else count


@contextmanager
def step(title: str, *, total: int, out: TextIO | None = None) -> Iterator[Step]:
    """Show one step of `total` units on `out` (None: standard output) while the block runs."""
    out = out or sys.stdout
    if not out.isatty():
        yield Step(title, total, out, None, None)
        return
    parts = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=Console(file=out)) as bar:
        yield Step(title, total, out, bar, bar.add_task(title, total=total, rate=""))
