"""Which window on people's data is open. Opened in `consent.window`; asked for everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from cdp.kernel.errors import CdpError


class PurposeRequired(CdpError):
    """People's data was asked for outside any window."""

    code = "purpose_required"


@dataclass(frozen=True, slots=True)
class Window:
    """An open window: a purpose's, one subject's own, or the intake's."""

    kind: str  # purpose, subject, intake
    purpose: str
    actor: str
    job: UUID | None = None


_open: ContextVar[Window | None] = ContextVar("open_window", default=None)


def current() -> Window | None:
    """Return the open window, if there is one."""
    return _open.get()


def required() -> Window:
    """
    Return the open window.

    :raises PurposeRequired: none is open
    """
    window = _open.get()
    if window is None:
        raise PurposeRequired("Open a purpose window first: with purpose(…).")
    return window


@contextmanager
def opened(window: Window) -> Iterator[None]:
    """Count `window` as open for the block; `consent.window` alone calls this."""
    token = _open.set(window)
    try:
        yield
    finally:
        _open.reset(token)
