"""Workspaces: which ones there are, and the facts that sealing needs about the current one."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.models import Workspace


class NoWorkspace(CdpError):
    """Work began without saying in which workspace."""

    code = "no_workspace"


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """What a process takes as fixed about a workspace; a changed region counts after a restart."""

    id: UUID
    key: str
    region: str | None  # ISO 3166: whose phone numbers are written without a prefix


@lru_cache(maxsize=256)
def _facts(workspace: UUID) -> WorkspaceFacts:
    found = Workspace.objects.only("key", "settings").get(pk=workspace)
    return WorkspaceFacts(workspace, found.key, found.settings.get("region"))


def current() -> WorkspaceFacts:
    """
    Return the workspace at hand.

    :raises NoWorkspace: none was entered
    """
    workspace = database.current_workspace()
    if workspace is None:
        raise NoWorkspace("Enter a workspace first: with database.in_workspace(…).")
    return _facts(workspace)


def every() -> list[UUID]:
    """Return the id of each workspace, oldest first."""
    return list(Workspace.objects.order_by("created_at").values_list("id", flat=True))
