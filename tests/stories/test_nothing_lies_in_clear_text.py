"""A dump of every table, Valkey, the logs and the data directory holds no personal value."""

import pytest

from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says
from tests.stories.needles import Needles

pytestmark = pytest.mark.story
PEOPLE = 40
CHOICES = {"marketing.email": True, "profiling.segmentation": True, "profiling.scoring": True}
# in every name, address and street; the whole phone numbers of some
KNOWN = (b"canary7f3a", *(f"+1415555{number:04d}".encode() for number in range(5)))
NEEDLES = Needles(KNOWN)


def test_no_personal_value_is_found_anywhere_we_write(house: House) -> None:
    for process in ("web", "drain", "mailbox", "sequencer", "worker", "beat"):
        house.start(process)
    house.track([person(number) for number in range(PEOPLE)])
    house.track([{"type": "track", "userId": "u-1", "event": "", "messageId": "bad",
                  "properties": {"note": "canary7f3a.1@example.com"}}])  # fmt: skip
    house.track([says(number, CHOICES) for number in range(PEOPLE)], key="consent_write_key")
    house.track([buys(number, 70.0) for number in range(PEOPLE)])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Buyers")
    campaign = acts.plans_campaign(house, operator, "New soups", segment)
    acts.launches(house, operator, campaign)
    customer = acts.signs_in(house, "canary7f3a.3@example.com")
    customer.get("/my/data/")
    operator.post("/console/profiles/find/", {"value": "canary7f3a.4@example.com",
                  "kind": "email", "reason": "order 8812"}, page="/console/profiles/")  # fmt: skip
    eventually(lambda: len(house.letters()) > PEOPLE, why="the campaign is not sent", seconds=240)
    house.checkpoint()

    relations = house.ask(
        """SELECT relname FROM pg_class
           WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
    )
    tables = [name for (name,) in relations]
    dumped = {
        table: NEEDLES.found_in(
            "\n".join(row[0] for row in house.ask(f'SELECT t::text FROM "{table}" t')).encode()
        )
        for table in tables
    }
    assert house.ask("SELECT count(*) FROM profiles_vaultvalue")[0][0] >= PEOPLE * 5
    assert {table: found for table, found in dumped.items() if found} == {}
    assert NEEDLES.valkey_keys(house) == []
    assert NEEDLES.files(house.folder, but=house.mailbox) == []
    assert NEEDLES.files(house.servers.folder) == []
    assert [home for home in house.servers.homes if NEEDLES.files(home)] == []
    assert NEEDLES.files(house.mailbox), "the probe must find what is there"
