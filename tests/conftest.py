"""
One throwaway cluster a run, one database cloned from the migrated template, one login for tests.

`cdp_test` has no rights of its own: a test takes a role on (`database.door`,
`database.as_role`) and sees what that role sees. Stories and browser tests clone databases of
logins (`servers`).
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import clock, database, workspaces
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests import servers as embedded
from tests.people import Shop, open_shop
from tests.servers import Servers

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Return the run's servers, started on first use."""
    running = embedded.start()
    try:
        yield running
    finally:
        for alias in connections:
            connections[alias].close()
        running.stop()


@pytest.fixture(scope="session")
def django_db_setup(servers: Servers, django_db_blocker: DjangoDbBlocker) -> None:
    """Point Django at a copy of the template, as the test login; nothing is created by Django."""
    servers.clone("candor_run")
    settings.KEYRING = servers.keyring
    settings.VAR = servers.folder
    settings.VALKEY_URL = servers.valkey_url
    sys.modules["cdp.settings.base"]  # settings were read before the servers were there
    from cdp.settings.base import database as as_settings

    fresh = as_settings(servers.dsn(Role.TEST, "candor_run"))
    connections["default"].settings_dict.update(fresh)
    with django_db_blocker.unblock(), connections["default"].cursor() as sql:
        sql.execute(
            """SELECT rolsuper OR rolbypassrls, pg_has_role(oid, 'cdp_owner', 'USAGE')
               FROM pg_roles WHERE rolname = current_user"""
        )
        assert sql.fetchone() == (False, False), "tests must not run with more than a role's rights"


@pytest.fixture
def at_noon() -> Iterator[datetime]:
    """Hold the clock at one noon."""
    with clock.stopped(NOON):
        yield NOON


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    """Return a workspace, entered, with the worker's role taken on."""
    workspaces._facts.cache_clear()
    with database.as_role(Role.WEB):
        made = Workspace.objects.create(
            key="default", name="Demo Shop", settings={"currency": "USD", "time_zone": "UTC"}
        )
    with database.as_role(Role.WORKER), database.in_workspace(made.pk):
        yield made
    workspaces._facts.cache_clear()


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    """Return a shop with a till, a preference center and a published notice; nobody in it yet."""
    return open_shop(workspace)


def pytest_configure(config: pytest.Config) -> None:
    """Let the browser driver's event loop stand beside Django's ORM."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
