"""PostgreSQL and Valkey are restarted, killed, emptied under load: nothing is lost or doubled."""

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests import servers as embedded
from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says
from tests.stories.load import Load, insist, kept

pytestmark = pytest.mark.story
PEOPLE = 400
CHOICES = {"marketing.email": True, "profiling.segmentation": True}
REFUSING = {number for number in range(PEOPLE) if number % 5 == 0}
WITHDRAWING = range(PEOPLE - 60, PEOPLE)


@pytest.fixture
def mortal_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Return a house over servers of its own, which keep what they committed when killed."""
    for name in ("DATABASE_URL", "VALKEY_URL"):  # nobody kills servers of somebody else
        monkeypatch.delenv(name, raising=False)
    tmp_path.chmod(0o700)
    servers = embedded.start(durable=True)
    try:
        house = House(servers, "mortal", tmp_path)
        try:
            yield house
        finally:
            house.stop()
    finally:
        servers.stop()


def recipients(house: House) -> Counter[int]:
    """Return how many messages each customer has got."""
    found = (re.search(r"canary7f3a\.(\d+)@", str(letter["To"])) for letter in house.letters())
    return Counter(int(each[1]) for each in found if each)


def pool_child(house: House) -> int:
    """Return the number of the process in which the worker's task runs."""
    listed = subprocess.run(
        ["pgrep", "-P", str(house.children["worker"].pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(listed.stdout.split()[-1])


def test_every_event_is_kept_once_and_every_message_sent_once(mortal_house: House) -> None:
    """Cases 35, 36 and 38."""
    house = mortal_house
    for process in ("web", "drain", "sequencer", "worker", "beat"):
        house.start(process)
    house.start("mailbox", "--delay-ms", "40")
    house.track([person(number) for number in range(PEOPLE)])
    permitting = [number for number in range(PEOPLE) if number not in REFUSING]
    house.track(
        [says(n, {**CHOICES, "marketing.email": n in permitting}) for n in range(PEOPLE)],
        key="consent_write_key",
    )
    house.track([buys(number, 50.0) for number in range(PEOPLE)])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Everybody who bought")
    campaign = acts.plans_campaign(house, operator, "Something new", segment)
    load = Load(house, seed=7)
    load.start()

    def goes_on(past: int, why: str) -> int:
        eventually(lambda: len(house.letters()) > past, why=why, seconds=240)
        return len(house.letters())

    acts.launches(house, operator, campaign)
    sent = goes_on(20, "nothing is sent")
    os.kill(pool_child(house), signal.SIGKILL)
    sent = goes_on(sent + 20, "the campaign does not go on after its pool process was killed")
    house.servers.restart_postgres(signal.SIGINT)
    insist(house, [says(n, {"marketing.email": False}) for n in WITHDRAWING],
           key="consent_write_key")  # fmt: skip
    house.servers.restart_valkey(signal.SIGKILL)
    sent = goes_on(sent, "the campaign does not go on after the servers were restarted")
    assert sent < len(permitting), "the crash must come in the middle"
    house.servers.restart_postgres(signal.SIGKILL)
    redis.Redis.from_url(house.servers.valkey_url).flushall()
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

    assert house.dead() == [], "a process ended instead of waiting for its servers"
    assert set(load.answers) <= {0, 200, 503}
    assert load.answers[0] + load.answers[503] > 0, "the faults must be felt"
    assert load.answers[200] > 100, "the load must go on throughout"
    assert kept(house, load) == {1: len(load.accepted)}
    got = recipients(house)
    assert set(got.values()) == {1}
    assert set(got) <= set(permitting)
    assert set(permitting) - set(WITHDRAWING) <= set(got)
    states = dict(house.ask("SELECT state || reason, count(*) FROM campaigns_delivery GROUP BY 1"))
    assert sum(states.values()) == len(permitting)
    assert set(states) <= {"sent", "skippedconsent", "unknownno_answer_final"}
    eventually(
        lambda: house.ask("SELECT count(*) FROM audit_inbox") == [(0,)],
        why="the log is not sequenced",
    )
    assert "The log holds" in house.run("verify_audit", process="sequencer")
