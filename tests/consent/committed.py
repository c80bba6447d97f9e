"""A shop in a database of its own, where every transaction really commits or rolls back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import database, workspaces
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.people import Shop, open_shop
from tests.servers import Servers


@contextmanager
def committed_shop(servers: Servers, blocker: DjangoDbBlocker, name: str) -> Iterator[Shop]:
    """Yield a shop in the new database `name`, with the worker's role taken on."""
    servers.clone(name)
    link = connections["default"]
    link.close()
    usual = link.settings_dict["NAME"]
    link.settings_dict["NAME"] = name
    workspaces._facts.cache_clear()
    try:
        with blocker.unblock():
            with database.as_role(Role.WEB):
                made = Workspace.objects.create(key="default", name="Demo Shop", settings={})
            with database.as_role(Role.WORKER), database.in_workspace(made.pk):
                yield open_shop(made)
    finally:
        link.close()
        link.settings_dict["NAME"] = usual
        workspaces._facts.cache_clear()
        servers.drop(name)
