"""A customer is erased: no trace of her values, nobody answers to her address, the log holds."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cdp.kernel import crypto
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.runtime import bootstrap, postgres_binaries
from tests.servers import ROOT
from tests.stories import acts
from tests.stories.house import House, buys, eventually, person, says
from tests.stories.needles import Needles

pytestmark = pytest.mark.story
CHOICES = {"marketing.email": True, "profiling.segmentation": True, "profiling.scoring": True}
MEI, SOFIA = 1, 2
EMAIL, PHONE, USER = "sofia.canary7f3a@example.com", "+14155550199", "canary-7f3a-sofia"
VALUES = {
    "email": EMAIL, "phone": PHONE, "first_name": "Canary7f3aSofia", "birthday": "1979-03-14",
    "name": "Canary7f3aSofia Erasable", "address": {"street": "9 Canary7f3a Alley"},
}  # fmt: skip
NEEDLES = Needles([EMAIL.encode(), PHONE.encode(), b"Canary7f3aSofia", b"9 Canary7f3a Alley",
                   USER.encode()])  # fmt: skip


def sofia(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "userId": USER}


def blind_indexes(house: House) -> Needles:
    """Return her blind indexes as they stood in the database, worked out from the keyring."""
    root = FileProvider(house.servers.keyring).load().active(Use.INDEX).material
    digests = []
    for kind, value in (("email", EMAIL), ("phone", PHONE), ("user_id", USER)):
        key = crypto.index_key(root, "default", "vault", kind, "exact")
        digests.append(crypto.keyed_digest(key, value.encode()))  # normalized as they are
    return Needles(digests)


def dump(house: House) -> bytes:
    """Return everything that a backup of the database would hold, as SQL."""
    program = postgres_binaries.candidates()[0] / "pg_dump"
    dsn = bootstrap.with_database(house.servers.administrator, house.database)
    return subprocess.run([str(program), "-d", dsn], capture_output=True, check=True).stdout


def test_a_canary_is_nowhere_after_the_erasure_and_the_log_still_holds(
    house: House, tmp_path: Path
) -> None:
    """Case 13."""
    for process in ("web", "drain", "mailbox", "sequencer", "worker", "beat"):
        house.start(process)
    house.track([person(MEI), sofia({"type": "identify", "messageId": "s-1", "traits": VALUES})])
    consent = "consent_write_key"
    house.track([says(MEI, CHOICES), sofia(says(SOFIA, CHOICES))], key=consent)
    house.track([buys(MEI, 80.0), sofia(buys(SOFIA, 90.0))])
    house.drained()
    operator = house.operator()
    segment = acts.makes_segment(house, operator, "Buyers")
    campaign = acts.plans_campaign(house, operator, "New soups", segment)
    acts.launches(house, operator, campaign)
    eventually(lambda: len(house.letters(to=EMAIL)) == 1, why="no letter", seconds=120)
    visitor = acts.signs_in(house, EMAIL)
    visitor.get("/my/data/")
    history = visitor.get("/my/history/").text
    proof_page = re.search(r"/my/history/\d+/proof/", history)
    assert proof_page
    proof = tmp_path / "mine.tlog-proof"
    proof.write_bytes(visitor.get(proof_page[0]).body)
    blinds = blind_indexes(house)
    before = dump(house)
    assert blinds.found_in(before) and not NEEDLES.found_in(before)
    subject = house.ask(
        """SELECT p.subject_id FROM profiles_purchase p WHERE p.amount_minor = 9000"""
    )[0][0]

    certificate = json.loads(house.run("erase", str(subject), process="rights"))

    assert certificate["data_keys_destroyed"] == 1
    assert certificate["rows"]["campaigns_delivery"] == 1
    house.checkpoint()
    after = dump(house)
    assert not NEEDLES.found_in(after) and not blinds.found_in(after)
    assert NEEDLES.valkey_keys(house) == blinds.valkey_keys(house) == []
    assert NEEDLES.files(house.folder, but=house.mailbox) == []
    assert NEEDLES.files(house.servers.folder) == []
    assert [home for home in house.servers.homes if NEEDLES.files(home)] == []
    assert NEEDLES.files(house.mailbox), "the probe must find what is there"

    found = operator.post(
        "/console/profiles/find/", {"value": EMAIL, "kind": "email", "reason": "order 8812"},
        page="/console/profiles/",
    )  # fmt: skip
    assert str(subject) not in found.text
    assert operator.get(f"/console/profiles/{subject}/").status == 404
    assert "/my/signin/" in visitor.get("/my/data/").text, "she is signed out"
    house.track([sofia({"type": "identify", "messageId": "s-9", "traits": VALUES})])
    house.drained()
    assert house.ask("SELECT reason, count(*) FROM profiles_quarantine GROUP BY 1") == [
        ("erased", 1)
    ]
    assert not blinds.found_in(dump(house))
    assert "The log holds" in house.run("verify_audit", process="sequencer")
    vkey = house.run("audit", "vkey", process="sequencer").strip()
    checked = subprocess.run(
        [sys.executable, str(ROOT / "audit" / "verify_log.py"), str(proof), "--vkey", vkey],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, "her proof from before still verifies"
