"""
A database that takes no more writes: every door says 503, and nobody is read unseen.

A full disk reads the same to us: a failed write fails what it was written for. Case 45.
"""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from django.test import Client
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from cdp.runtime import bootstrap
from tests.api.conftest import issue
from tests.api.door import open_door
from tests.consent.committed import committed_shop
from tests.operators import browser_of
from tests.people import EVERYTHING, Customer, Shop
from tests.servers import Servers

NAME = "candor_read_only"
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}


@pytest.fixture
def shop(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Shop]:
    """A shop whose rows are really committed."""
    with committed_shop(servers, django_db_blocker, NAME) as opened:
        yield opened


def set_read_only(servers: Servers, on: bool) -> None:
    """Let the database refuse writes, as a standby or a failed disk does, from now on."""
    with psycopg.connect(servers.administrator, autocommit=True) as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(NAME), sql.Literal("on" if on else "off")
            )
        )
    connections["default"].close()


def signed_in(shop: Shop) -> Client:
    with database.as_role(Role.WEB):
        operator = Operator.objects.create(email="omar@shop.example", name="Omar")
        for role in (OperatorRole.Role.PRIVACY, OperatorRole.Role.SUPPORT):
            OperatorRole.objects.create(operator=operator, workspace=shop.workspace, role=role)
        browser = browser_of(operator)
    browser.raise_request_exception = False
    return browser


def entries(servers: Servers) -> int:
    with psycopg.connect(bootstrap.with_database(servers.administrator, NAME)) as server:
        row = server.execute("SELECT count(*) FROM audit_inbox").fetchone()
    assert row
    return int(row[0])


def test_every_door_says_503_and_nobody_is_read_unseen(shop: Shop, servers: Servers) -> None:
    """Case 45."""
    mei: Customer = shop.welcome("mei", says=EVERYTHING)
    caller, door, omar = issue(shop.workspace), open_door(shop, key=f"k-{uuid7()}"), signed_in(shop)
    profile = f"/api/v1/profiles/{mei.subject}"
    page = f"/console/profiles/{mei.subject}/"
    assert caller.get(profile).status == 200, "the control"
    assert omar.get(page).status_code == 200, "the control"
    before = entries(servers)
    segment = {"name": "x", "rule": RULE}

    with database.as_role(Role.WORKER):
        set_read_only(servers, True)
    try:
        read = caller.get(profile)
        written = caller.post("/api/v1/segments", segment)
        tracked = door.send("/v1/track", {"userId": "u", "event": "E", "messageId": "m"})
        shown = omar.get(page)
        ready = Client().get("/readyz")
    finally:
        set_read_only(servers, False)

    assert (read.status, read.body["code"]) == (503, "unavailable")
    assert written.status == 503
    assert tracked.status_code == 503
    assert shown.status_code == 503
    assert mei.email not in shown.content.decode() + str(read.body)
    assert (ready.status_code, "takes no writes" in ready.json()["database"]) == (503, True)
    assert entries(servers) == before
    assert "m" not in door.stored()
    assert caller.post("/api/v1/segments", segment).status == 201, "the control: nothing is there"


def test_afterwards_everything_goes_on(shop: Shop, servers: Servers) -> None:
    door = open_door(shop, key=f"k-{uuid7()}")
    set_read_only(servers, True)
    refused = door.send("/v1/track", {"userId": "u", "event": "E", "messageId": "m"})
    set_read_only(servers, False)

    again = door.send("/v1/track", {"userId": "u", "event": "E", "messageId": "m"})

    assert (refused.status_code, again.status_code) == (503, 200)
    assert "m" in door.stored()
