"""A draft becomes a campaign: seen first, launched on purpose, watched to its end."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, shop

pytestmark = pytest.mark.browser
JOB_MS = 60_000
SEND_MS = 120_000


def test_a_draft_is_launched_and_reaches_everybody_who_permits_it(console: Page) -> None:
    reachable = set(shop.QUIET) - shop.REFUSING - shop.WITHOUT_ADDRESS
    page = console
    page.goto("/console/campaigns/")
    page.get_by_role("link", name="We miss you").click()
    reach = page.get_by_role("region", name="Whom it could reach")
    expect(reach.get_by_role("definition").nth(2)).to_have_text(str(len(reachable)), timeout=JOB_MS)

    page.get_by_role("button", name="Launch…").click()
    dialog = page.get_by_role("dialog", name="Launch “We miss you”?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert accessibility.violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Launch…").click()
    dialog.get_by_role("button", name="Launch").click()

    delivery = page.get_by_role("region", name="Delivery")
    expect(delivery).to_contain_text("finished", timeout=SEND_MS)
    sent = delivery.get_by_role("definition").nth(1)
    expect(sent).to_have_text(re.compile(rf"^{len(reachable)}\b"))
    expect(page.get_by_role("button", name="Launch…")).to_have_count(0)
    assert accessibility.violations(page) == []


def test_a_preview_as_one_person_hides_their_values(console: Page) -> None:
    page = console
    page.goto("/console/campaigns/")
    page.get_by_role("link", name="Weekly letter to good customers").click()

    page.get_by_role("button", name="Preview").click()

    shown = page.locator("#preview").get_by_role("article")
    expect(shown).to_contain_text("our shops have new recipes", timeout=JOB_MS)
    expect(shown).not_to_contain_text("Canary7f3a")
    assert accessibility.violations(page) == []
