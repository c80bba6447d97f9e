"""The portal does everything without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import shop
from tests.browser.conftest import Enter
from tests.stories import acts
from tests.stories.house import House, eventually

pytestmark = pytest.mark.browser
SWITCHING, NEWCOMER = 46, 47
EMAIL = "Marketing by e-mail"


def test_a_switch_goes_off_and_on_by_plain_forms(enter: Enter, house: House) -> None:
    page = enter(acts.signs_in(house, shop.address(SWITCHING)), java_script_enabled=False)
    page.goto("/my/permissions/")
    switch = page.get_by_role("switch", name=EMAIL, exact=True)
    expect(switch).to_be_checked()

    switch.click()

    expect(page.get_by_text("Off. Nothing more will be sent.")).to_be_visible()
    expect(switch).not_to_be_checked()
    switch.click()
    expect(page.get_by_text("On. You can switch it off at any time.")).to_be_visible()
    expect(switch).to_be_checked()


def test_a_customer_signs_in_with_the_code_from_the_letter(enter: Enter, house: House) -> None:
    address = shop.address(NEWCOMER)
    before = len(house.letters(to=address))
    page = enter(None, java_script_enabled=False)
    page.goto("/my/signin/")
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    eventually(lambda: len(house.letters(to=address)) > before, why="no letter came")
    texts = [letter.get_body(("plain",)).get_content() for letter in house.letters(to=address)]
    code = next(found[0] for each in texts if (found := re.search(r"\b\w{4}-\w{4}\b", each)))

    page.get_by_label("Code from the message").fill(code)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("What we know")
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
