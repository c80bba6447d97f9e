"""What a count stands on: its moment, and the workspace's zone and currency. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from profiles.segments.tree import Window


@dataclass(frozen=True, slots=True)
class Ground:
    """
    The moment of counting (exclusive), the zone that days are cut in, the currency of sums.

    An empty currency adds up amounts of any; amounts without a currency count as the workspace's.
    """

    as_of: datetime
    zone: str = "UTC"
    currency: str = ""

    def day(self, moment: datetime) -> date:
        """Return the calendar day of `moment` in the workspace's zone."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def instant(self, moment: date | datetime) -> datetime:
        """Return `moment`, or the first instant of that day in the workspace's zone."""
        if isinstance(moment, datetime):
            return moment
        return datetime.combine(moment, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def span(self, window: Window) -> tuple[datetime | None, datetime]:
        """Return [start, end) of a window; `end` is never after the moment of counting."""
        if window.last_days is not None:
            return self.as_of - timedelta(days=window.last_days), self.as_of
        start = None if window.start is None else self.instant(window.start)
        end = self.as_of if window.end is None else min(self.as_of, self.instant(window.end))
        return start, end

    def adds_up(self, currency: str) -> bool:
        """Return whether an amount in `currency` belongs into a sum."""
        return self.currency in ("", currency) or currency == ""
