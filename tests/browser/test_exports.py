"""An export from its form to its download, by two operators at two browsers."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import accessibility, shop
from tests.browser.conftest import Enter
from tests.stories.house import House

pytestmark = pytest.mark.browser
JOB_MS = 90_000


def test_alice_plans_vera_approves_and_alice_fetches_it_once(
    house: House, enter: Enter, tmp_path: Path
) -> None:
    alice, vera = (enter(house.operator(f"{name}@candor.example")) for name in ("alice", "vera"))
    alice.goto("/console/exports/new/")
    alice.get_by_label("Segment").select_option(label="Regulars who stayed away")
    alice.get_by_label("Purpose").select_option(label="Marketing by e-mail")
    alice.get_by_role("group", name="Contact details").get_by_label("E-mail").check()
    alice.get_by_label("Recipient").fill("Print shop")
    alice.get_by_label("Reason", exact=True).fill("catalog 2026")
    assert accessibility.violations(alice) == []
    alice.get_by_role("button", name="Count whom it would hold").click()
    people = len(set(shop.QUIET) - shop.REFUSING)
    file = alice.get_by_role("region", name="The file")
    expect(file).to_contain_text(f"{people} people would be in it.", timeout=JOB_MS)
    file.get_by_role("button", name="Ask for approval").click()
    expect(file).to_contain_text("Waiting for a second operator.")
    assert accessibility.violations(alice) == []

    vera.goto("/console/approvals/")
    vera.get_by_role("link", name="Regulars who stayed away → Print shop").first.click()
    expect(vera.get_by_role("definition").filter(has_text="E-mail").first).to_be_visible()
    vera.get_by_role("form", name="Approve").get_by_role("button", name="Approve").click()
    expect(vera.get_by_text("Approved. The operator who asked may go on.")).to_be_visible()
    assert accessibility.violations(vera) == []

    alice.reload()
    file.get_by_role("button", name="Write the file").click()
    fetch = file.get_by_role("button", name="Fetch it, once")
    expect(fetch).to_be_visible(timeout=JOB_MS)
    with alice.expect_download() as downloading:
        fetch.click()
    kept = tmp_path / "kept.csv"
    downloading.value.save_as(kept)

    rows = list(csv.DictReader(kept.read_text().splitlines()))
    assert len(rows) == people
    assert sorted(filter(None, (row["contact.email"] for row in rows))) == sorted(
        shop.address(each) for each in set(shop.QUIET) - shop.REFUSING - shop.WITHOUT_ADDRESS
    )
    alice.reload()
    expect(file).to_contain_text("There is no other copy here.")
