"""Somebody who withdraws between launch and claim gets nothing, and the delivery says why."""

import pytest

from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says

pytestmark = pytest.mark.story
CHOICES = {"marketing.email": True, "profiling.segmentation": True, "profiling.scoring": True}
MEI, SOFIA = 1, 2
ADDRESS = "canary7f3a.{}@example.com"


def test_sofia_withdraws_in_the_portal_before_her_message_is_claimed(house: House) -> None:
    """Case 42."""
    for process in ("web", "drain", "mailbox", "sequencer", "worker", "beat"):
        house.start(process)
    house.track([person(MEI), person(SOFIA)])
    house.track([says(MEI, CHOICES), says(SOFIA, CHOICES)], key="consent_write_key")
    house.track([buys(MEI, 80.0), buys(SOFIA, 80.0)])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Buyers")
    campaign = acts.plans_campaign(house, operator, "New soups", segment)
    sofia = acts.signs_in(house, ADDRESS.format(SOFIA))

    house.children["mailbox"].ask_to_stop()  # nothing can be handed over yet
    eventually(house.children.pop("mailbox").is_over, why="the mailbox does not stop")
    acts.launches(house, operator, campaign)
    eventually(
        lambda: house.ask("SELECT count(*) FROM campaigns_delivery")[0][0] == 2,
        why="the audience is not frozen",
    )
    acts.switches_off(sofia, "marketing.email")
    house.start("mailbox")
    eventually(
        lambda: (
            house.ask("SELECT state FROM campaigns_campaign WHERE id = %s", campaign)
            == [("finished",)]
        ),
        why="the campaign does not finish",
        seconds=240,
    )

    letters = [letter for letter in house.letters() if "something new" in str(letter["Subject"])]
    assert [str(letter["To"]) for letter in letters if ADDRESS.format(MEI) in str(letter["To"])]
    assert not [letter for letter in letters if ADDRESS.format(SOFIA) in str(letter["To"])]
    outcomes = house.ask(
        """SELECT d.state, d.reason FROM campaigns_delivery d
           JOIN consent_subject s ON s.subject_id = d.subject_id
           WHERE s.reasons ->> 'marketing.email' = 'withdrawn'"""
    )
    assert outcomes == [("skipped", "consent")]
    assert "off" in sofia.get("/my/permissions/").text.lower()
    assert sofia.get("/my/history/").status == 200
    page = operator.get(f"/console/campaigns/{campaign}/").text
    assert "withdrew" in page
