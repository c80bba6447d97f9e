"""One line per step on the terminal; plain lines where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

WIDTH = 34


@dataclass(slots=True)
class Step:
    """A step that runs; `note` is shown behind its title when it is done."""

    title: str
    note: str = ""


class Progress:
    """The progress list of one start."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str, *, quiet: bool = False) -> Iterator[Step]:
        """
        Show `title` while the block runs, then how long it took.

        `quiet` leaves the terminal to the block, which draws a progress bar of its own.
        """
        step, began = Step(title), time.monotonic()
        try:
            if quiet or not self._console.is_terminal:
                yield step
            else:
                with self._console.status(escape(title)):
                    yield step
        except BaseException:
            self._console.print(f"[red]✗[/red] {escape(title)}")
            raise
        text = f"{step.title} {step.note}".strip()
        took = f"{time.monotonic() - began:.1f} s"
        self._console.print(f"[green]✓[/green] {escape(text):<{WIDTH}} [dim]{took:>7}[/dim]")

    def say(self, text: str = "") -> None:
        """Print one line, as it is."""
        self._console.print(escape(text))
