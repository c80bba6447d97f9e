"""A new version is put in service, one process after the other, while everybody goes on."""

import time
from collections import Counter

import pytest

from cdp.runtime.processes import Child
from cdp.runtime.supervisor import GRACE_S
from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says
from tests.stories.load import Load, kept

pytestmark = pytest.mark.story
PEOPLE = 150
CHOICES = {"marketing.email": True, "profiling.segmentation": True}


def ends(child: Child, *, killed_after_s: float) -> bool:
    """Ask a process to stop, kill it when it takes too long; return whether it ended by itself."""
    child.ask_to_stop()
    until = time.monotonic() + killed_after_s
    while not child.is_over() and time.monotonic() < until:
        time.sleep(0.05)
    by_itself = child.is_over()
    child.kill()
    return by_itself


def test_nothing_is_lost_or_refused_while_every_process_is_replaced(house: House) -> None:
    """Case 46."""
    for process in ("web", "drain", "sequencer", "worker", "beat"):
        house.start(process)
    house.start("mailbox", "--delay-ms", "40")
    house.track([person(number) for number in range(PEOPLE)])
    house.track([says(number, CHOICES) for number in range(PEOPLE)], key="consent_write_key")
    house.track([buys(number, 50.0) for number in range(PEOPLE)])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Everybody who bought")
    campaign = acts.plans_campaign(house, operator, "Something new", segment)
    balanced = [house.port]
    load = Load(house, seed=11, port=lambda: balanced[0])
    load.start()
    acts.launches(house, operator, campaign)
    eventually(lambda: len(house.letters()) > 10, why="nothing is sent", seconds=120)

    ended: dict[str, bool] = {}
    former = house.children.pop("worker")
    house.start("second")
    before = len(house.letters())
    ended["worker"] = ends(former, killed_after_s=GRACE_S)
    for name in ("drain", "sequencer"):
        ended[name] = ends(house.children.pop(name), killed_after_s=GRACE_S)
        house.start(name)
    former = house.move_web()
    balanced[0] = house.port  # as a load balancer does once the new process answers
    ended["web"] = ends(former, killed_after_s=GRACE_S)
    eventually(
        lambda: (
            house.ask("SELECT state FROM campaigns_campaign WHERE id = %s", campaign)
            == [("finished",)]
        ),
        why="the campaign does not finish",
        seconds=400,
    )
    load.stop()
    house.drained()

    assert before < PEOPLE, "the change must come in the middle"
    assert [name for name, alone in ended.items() if not alone and name != "worker"] == []
    assert house.dead() == []
    assert set(load.answers) == {200}, "nobody is refused"
    assert kept(house, load) == {1: len(load.accepted)}
    assert Counter(str(letter["To"]) for letter in house.letters()).most_common(1)[0][1] == 1
    assert len(house.letters()) == PEOPLE
    eventually(
        lambda: house.ask("SELECT count(*) FROM audit_inbox") == [(0,)],
        why="the log is not sequenced",
    )
    assert "The log holds" in house.run("verify_audit", process="sequencer")
