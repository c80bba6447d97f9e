"""Folding permissions whose time ran out; while nobody does, nothing is read (`ConsentStale`)."""

from datetime import datetime

from cdp.kernel import database, workspaces
from consent import folding
from consent.models import SubjectFacts


def fold_due(*, as_of: datetime, limit: int = 5_000) -> int:
    """Fold those of the workspace whose permission changed by time; return how many."""
    rows = SubjectFacts.objects.filter(
        workspace_id=workspaces.current().id, next_change_at__lte=as_of
    )
    with database.atomic():
        due = list(rows.order_by("next_change_at").values_list("subject_id", flat=True)[:limit])
        folding.fold(due, as_of=as_of)
    return len(due)
