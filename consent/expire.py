"""Folding permissions whose time ran out; a dead expiry job stops all processing (`stale`)."""

from datetime import datetime

from consent import folding
from consent.models import SubjectFacts


def fold_due(*, as_of: datetime, limit: int = 5_000) -> int:
    """Fold people whose permission changes by time before `as_of`; return how many."""
    rows = SubjectFacts.objects.filter(next_change_at__lte=as_of).order_by("next_change_at")
    due = list(rows.values_list("subject_id", flat=True)[:limit])
    folding.fold(due, as_of=as_of)
    return len(due)
