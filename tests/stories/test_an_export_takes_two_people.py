"""Addresses leave the house by two operators, sealed until the one download, told to the person."""

import csv
import io
import re

import pytest

from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says

pytestmark = pytest.mark.story
CHOICES = {"marketing.email": True, "profiling.segmentation": True}
MEI, SOFIA = 1, 2
ADDRESS = "canary7f3a.{}@example.com"


def test_alice_exports_addresses_that_vera_approves_and_mei_reads_of_it(house: House) -> None:
    """Cases 22, 42 and 48, through every process."""
    for process in ("web", "drain", "mailbox", "sequencer", "worker", "beat"):
        house.start(process)
    house.track([person(MEI), person(SOFIA)])
    house.track([says(MEI, CHOICES), says(SOFIA, CHOICES)], key="consent_write_key")
    house.track([buys(MEI, 80.0), buys(SOFIA, 80.0)])
    house.drained()
    alice, vera = (house.operator(f"{name}@candor.example") for name in ("alice", "vera"))
    segment = acts.makes_segment(house, alice, "Buyers")
    export = acts.plans_export(house, alice, segment)
    page = f"/console/exports/{export}/"

    asked = acts.presses(alice, f"{page}approval/", page=page)
    approval = re.search(r"/console/approvals/([0-9a-f-]{36})/", asked.text)
    assert approval
    its_page = f"/console/approvals/{approval[1]}/"
    too_early = acts.presses(alice, f"{page}start/", page=page).text
    own = acts.presses(alice, f"{its_page}approval/", page=its_page).text
    seen = vera.get("/console/approvals/").text
    acts.presses(vera, f"{its_page}approval/", page=its_page, comment="go")
    sofia = acts.signs_in(house, ADDRESS.format(SOFIA))
    acts.switches_off(sofia, "marketing.email")
    acts.presses(alice, f"{page}start/", page=page)
    acts.becomes(house, export, "ready")

    stored = house.ask("SELECT c.sealed FROM profiles_exportchunk c")
    assert "Ask for it first." in too_early
    assert "it takes two people" in own
    assert "Print shop" in seen
    assert stored and all(b"canary" not in bytes(part) for (part,) in stored)

    file = alice.post(f"{page}file/", page=page)
    again = alice.post(f"{page}file/", page=page)

    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["contact.email"] for row in rows] == [ADDRESS.format(MEI)]
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "The file is gone" in again.text
    assert house.ask("SELECT count(*) FROM profiles_exportchunk") == [(0,)]
    mei = acts.signs_in(house, ADDRESS.format(MEI))
    eventually(
        lambda: "Your data was put into a file for Print shop" in mei.get("/my/history/").text,
        why="her history does not tell her",
    )
    assert "Print shop" not in sofia.get("/my/history/").text
    assert "The log holds." in house.run("verify_audit", process="sequencer")
