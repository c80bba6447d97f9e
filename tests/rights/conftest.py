"""A shop whose transactions really end, and a look at its database from above."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import database
from cdp.kernel.roles import Role
from cdp.rights import erase
from consent.erasure_file import Line
from tests.consent.committed import committed_shop
from tests.people import Shop
from tests.rights.holdings import Holdings
from tests.servers import Servers

DATABASE = "rights"


@pytest.fixture
def own_shop(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> Iterator[Shop]:
    """Return a shop in a database and a var folder of its own."""
    usual = settings.VAR
    settings.VAR = tmp_path
    try:
        with committed_shop(servers, django_db_blocker, DATABASE) as shop:
            yield shop
    finally:
        settings.VAR = usual


@pytest.fixture
def holdings(servers: Servers, own_shop: Shop) -> Holdings:
    """Return the shop's database as its administrator sees it."""
    return Holdings(servers, DATABASE)


OPERATOR = "op:01890000-0000-7000-8000-000000000001"


def erased(subject: UUID) -> Line:
    """Erase somebody as the process for rights does."""
    with database.as_role(Role.RIGHTS):
        return erase.erase(subject, actor=OPERATOR, reason="request")
