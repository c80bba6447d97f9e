"""The log's own page: anyone checks a proof in the browser, and nothing is sent."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser import accessibility, shop
from tests.browser.conftest import READER, Enter
from tests.stories import acts
from tests.stories.house import House

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def proved(house: House) -> str:
    """The text of a proof that a customer downloaded."""
    visitor = acts.signs_in(house, shop.address(READER))
    found = re.search(r'"(/my/history/\d+/proof/)"', visitor.get("/my/history/").text)
    assert found, "nothing about the reader can be proved"
    return visitor.get(found[1]).text


@pytest.fixture
def proof(proved: str, tmp_path: Path) -> Path:
    """The downloaded file."""
    file = tmp_path / "entry.tlog-proof"
    file.write_text(proved)
    return file


def test_a_proof_is_checked_in_the_browser_and_sent_nowhere(enter: Enter, proof: Path) -> None:
    page = opened(enter)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))

    page.get_by_label("Proof file", exact=True).set_input_files(proof)

    expect(page.get_by_role("status").first).to_contain_text("It holds")
    index = proof.read_text().split("\n")[2].removeprefix("index ")
    expect(page.locator("[data-fact=index]")).to_have_text(index)
    expect(page.locator("[data-fact=act]")).not_to_be_empty()
    assert [each.url for each in sent if "/favicon." not in each.url] == []
    assert accessibility.violations(page) == []


@pytest.mark.parametrize("change", ["index", "entry", "root", "signature", "format"])
def test_a_changed_proof_does_not_hold(enter: Enter, proof: Path, change: str) -> None:
    page = opened(enter)
    text = proof.read_text()
    lines = text.split("\n")
    at = {"format": 0, "entry": 1, "index": 2, "root": text[: text.index("\n\n")].count("\n") + 4}
    if change == "index":
        lines[2] = "index " + str(int(lines[2].removeprefix("index ")) ^ 1)
    elif change == "signature":
        lines[-2] = spoiled(lines[-2], -8)
    else:
        lines[at[change]] = spoiled(lines[at[change]], 12)
    proof.write_text("\n".join(lines))

    page.get_by_label("Proof file", exact=True).set_input_files(proof)

    expect(page.get_by_role("status").first).to_contain_text("It does not hold")
    expect(page.locator("[data-fact=act]")).to_be_hidden()


def test_another_key_is_not_the_logs(enter: Enter, proof: Path) -> None:
    page = opened(enter)
    key = page.get_by_label("The log's key")
    page.get_by_label("Proof file", exact=True).set_input_files(proof)
    expect(page.get_by_role("status").first).to_contain_text("It holds")

    key.fill(spoiled(key.input_value(), -3))
    key.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("It does not hold")


def test_without_scripts_the_page_offers_the_program(enter: Enter) -> None:
    page = enter(None, java_script_enabled=False)
    page.goto("/log/")

    expect(page.get_by_label("Proof file", exact=True)).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the program").click()
    assert download.value.suggested_filename == "verify_log.py"


def opened(enter: Enter) -> Page:
    page = enter(None)
    page.goto("/log/")
    return page


def spoiled(text: str, at: int) -> str:
    """Return the text with one letter of it another one."""
    at %= len(text)
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]
