"""Every permitted person has exactly one message, whatever dies; nobody else has one."""

import re
from collections import Counter

import pytest

from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says

PEOPLE = 2_000
CHOICES = {"marketing.email": True, "profiling.segmentation": True}

pytestmark = pytest.mark.story


def test_a_worker_killed_in_the_middle_of_2_000_messages_loses_and_doubles_none(
    house: House,
) -> None:
    """Case 34."""
    refusing = {number for number in range(PEOPLE) if number % 5 == 0}
    silent = {number for number in range(PEOPLE) if number % 5 == 1}
    for process in ("web", "drain", "mailbox", "sequencer", "worker", "beat"):
        house.start(process)
    house.track([person(number) for number in range(PEOPLE)])
    house.track(
        [
            says(number, {**CHOICES, "marketing.email": number not in refusing})
            for number in range(PEOPLE)
            if number not in silent
        ],
        key="consent_write_key",
    )
    house.track([buys(number, 50.0) for number in range(PEOPLE)])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Everybody who bought")
    campaign = acts.plans_campaign(house, operator, "Something new", segment)

    acts.launches(house, operator, campaign)
    eventually(lambda: len(house.letters()) > 100, why="nothing is sent", seconds=120)
    house.kill("worker")
    killed_at = len(house.letters())
    house.start("second")
    eventually(
        lambda: (
            house.ask("SELECT state FROM campaigns_campaign WHERE id = %s", campaign)
            == [("finished",)]
        ),
        why="the campaign does not finish",
        seconds=400,
    )

    permitted = set(range(PEOPLE)) - refusing - silent
    assert 100 < killed_at < len(permitted), "the kill must come in the middle"
    got = Counter(
        int(re.search(r"canary7f3a\.(\d+)@", str(letter["To"]))[1]) for letter in house.letters()
    )
    assert set(got) == permitted
    assert set(got.values()) == {1}
    states = dict(house.ask("SELECT state, count(*) FROM campaigns_delivery GROUP BY 1"))
    assert set(states) <= {"sent", "unknown"}
    assert sum(states.values()) == len(permitted)
    assert "The log holds" in house.run("verify_audit", process="sequencer")
