"""One timeline from two ledgers: uses of a person's data and the log's entries about them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.queries import Line
from consent.queries import Use


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next, older page begins in each ledger; None: at its newest."""

    before_use: datetime | None = None
    before_entry: int | None = None

    def __str__(self) -> str:
        use = self.before_use.isoformat() if self.before_use else ""
        entry = "" if self.before_entry is None else str(self.before_entry)
        return f"{use}~{entry}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Return the cursor written in `text`; what is not one begins at the newest."""
        use, _tilde, entry = text.partition("~")
        try:
            moment = datetime.fromisoformat(use) if use else None
            index = int(entry) if entry else None
        except ValueError:
            return cls()
        if moment is not None and moment.tzinfo is None:
            return cls()
        if index is not None and not 0 <= index < 2**63:
            return cls()
        return cls(moment, index)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline: a use or an entry."""

    at: datetime
    use: Use | None = None
    entry: Line | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page, newest first; `older` begins the next one, None at the end."""

    rows: list[Row]
    older: Cursor | None


def merge(uses: Sequence[Use], entries: Sequence[Line], *, since: Cursor, limit: int) -> Timeline:
    """
    Return the newest `limit` rows of both lists, each of which is sorted newest first.

    Each list must hold up to `limit` + 1 of its newest rows below the cursor `since`, so that the
    page is complete and knows whether another follows.
    """
    rows = [Row(each.at, use=each) for each in uses]
    rows += [Row(each.at, entry=each) for each in entries]
    rows.sort(key=lambda row: row.at, reverse=True)
    page = rows[:limit]
    if len(rows) <= limit:
        return Timeline(page, None)
    shown_uses = [row.use.at for row in page if row.use]
    shown_entries = [row.entry.index for row in page if row.entry]
    older = Cursor(
        min(shown_uses, default=since.before_use), min(shown_entries, default=since.before_entry)
    )
    return Timeline(page, older)
