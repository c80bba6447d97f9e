"""How a long computation says how far it is; a canceled run stops here. Pure."""

from typing import Protocol


class Advance(Protocol):
    """Told between windows how much is done; may raise `JobCanceled`."""

    def __call__(
        self, *, done: int | None = None, total: int | None = None, phase: str | None = None
    ) -> None: ...


def unseen(*, done: int | None = None, total: int | None = None, phase: str | None = None) -> None:
    """Show progress to nobody."""
