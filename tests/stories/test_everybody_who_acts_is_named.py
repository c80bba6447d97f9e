"""From the seed to a sent campaign, every entry names who acted, not only a login."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from cdp.kernel.roles import Role
from tests.browser import shop
from tests.stories.house import House, eventually

pytestmark = pytest.mark.story


def test_no_entry_of_the_platform_names_a_login_alone(house: House) -> None:
    for process in ("web", "drain", "sequencer", "mailbox", "worker", "beat"):
        house.start(process)
    house.track(shop.registrations())
    house.track(shop.choices(), key="consent_write_key")
    house.track(shop.history(datetime.now(UTC)))
    house.drained()
    house.run("story")
    eventually(lambda: asked(house, "SELECT 1 FROM audit_inbox") == [], why="entries still wait")

    unnamed = asked(
        house,
        """SELECT DISTINCT actor, act FROM audit_entry
           WHERE starts_with(actor, 'db:') AND actor <> 'db:cdp_migrate'""",
    )
    named = asked(house, "SELECT count(*) FROM audit_entry WHERE starts_with(actor, 'job:')")
    assert unnamed == []
    assert named[0][0] > 0


def asked(house: House, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(house.servers.dsn(Role.AUDIT, house.database)) as connection:
        return connection.execute(statement).fetchall()
