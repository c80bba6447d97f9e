"""The workspace's own way to count: its time zone for days, its currency for sums."""

from dataclasses import dataclass

from cdp.kernel import workspaces
from cdp.kernel.models import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """Days are cut in `zone` (IANA name); an empty `currency` adds up amounts of any."""

    zone: str = "UTC"
    currency: str = ""


def here() -> Place:
    """
    Return how the current workspace counts.

    :raises NoWorkspace: none was entered
    """
    rows = Workspace.objects.values_list("settings", flat=True)
    settings = rows.get(pk=workspaces.current().id)
    return Place(settings.get("time_zone") or "UTC", settings.get("currency") or "")
