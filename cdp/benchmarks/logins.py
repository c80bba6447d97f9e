"""
Every login in one process, for the length of a benchmark over throwaway servers.

A process of production gets its own logins and no others; here one process plays the door, the
drain, the worker, the customer and the sequencer in turn, each through the login it really has.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from cdp.kernel import database
from cdp.kernel.roles import Role
from cdp.settings.base import database as as_settings

PARTS = (Role.WEB, Role.INGEST, Role.WORKER, Role.PORTAL, Role.AUDIT, Role.REWRAP)


def take(dsns: Mapping[str, str]) -> None:
    """Add a connection for each part that is played, named after its role."""
    known = {DEFAULT_DB_ALIAS: connections.databases[DEFAULT_DB_ALIAS]}
    added = {str(role): as_settings(dsns[role]) for role in PARTS}
    connections.databases.update(connections.configure_settings({**known, **added}))


@contextmanager
def through(role: Role, *, workspace: UUID | None = None) -> Iterator[None]:
    """Speak through a role's own login for the block, in `workspace` where one is given."""
    with database.door(role), database.in_workspace(workspace):
        yield
