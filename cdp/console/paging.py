"""
Keyset paging: an opaque, signed cursor bound to its list, so that pages stay put as rows arrive.

No page numbers, no total: both would cost a scan. A cursor of another list or filter is refused
and the list begins anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing

ROWS = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: its rows and the cursor of the next, '' on the last."""

    rows: Sequence[T]
    is_first: bool
    older: str

    @property
    def shown(self) -> int:
        """Return how many rows are on this page."""
        return len(self.rows)


def after(text: str, *, of: str) -> list[Any] | None:
    """Return the position that a cursor of the list `of` holds; None begins at the start."""
    if not text:
        return None
    try:
        position = signing.loads(text, salt=f"console.paging.{of}")
    except signing.BadSignature:
        return None
    return position if isinstance(position, list) else None


def page(
    rows: Sequence[T],
    *,
    of: str,
    is_first: bool,
    position: Callable[[T], list[Any]],
    rows_shown: int = ROWS,
) -> Page[T]:
    """Return a page from up to `rows_shown + 1` rows; the last only says that there are more."""
    shown = rows[:rows_shown]
    more = len(rows) > rows_shown
    older = signing.dumps(position(shown[-1]), salt=f"console.paging.{of}") if more else ""
    return Page(shown, is_first, older)
