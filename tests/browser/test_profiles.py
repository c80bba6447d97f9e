"""A person's record: masked until somebody says why, and that is on the record."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, shop
from tests.browser.conftest import READER, Enter
from tests.browser.screens import Places
from tests.stories.house import House, Visitor, eventually

pytestmark = pytest.mark.browser


def reveals(operator: Visitor) -> list[str]:
    """Return the numbers of the entries that say that personal values were opened."""
    text = operator.get("/console/audit/?act=vault.open&object=fields:&who=op").text
    return re.findall(r"/console/audit/(\d+)/", text)


def test_a_phone_is_shown_for_a_reason_and_the_log_and_the_customer_see_it(
    proven: Page, operator: Visitor, portal: Page
) -> None:
    page = proven
    before = reveals(operator)
    page.goto("/console/profiles/")
    page.get_by_label("Find by").select_option(label="E-mail")
    page.get_by_label("Whole value").fill(shop.address(READER))
    page.get_by_label("Reason, such as an order").fill("order 4711")
    page.get_by_role("button", name="Find").click()
    contact = page.get_by_role("region", name="Contact")
    expect(contact.get_by_text("Phone, masked")).to_be_attached()
    expect(contact).not_to_contain_text(shop.phone(READER))

    contact.get_by_label("Show").select_option(label="Phone")
    contact.get_by_label("Reason, such as an order").fill("order 4711")
    contact.get_by_role("button", name="Show…").click()

    expect(contact.get_by_text(shop.phone(READER), exact=True)).to_be_visible()
    expect(contact).not_to_contain_text(shop.address(READER))
    assert accessibility.violations(page) == []
    eventually(lambda: reveals(operator) != before, why="the log does not show the reveal")
    page.goto(f"/console/audit/{reveals(operator)[0]}/")
    entry = page.get_by_role("region", name="Entry")
    expect(entry).to_contain_text("Demo operator")
    expect(entry).to_contain_text("opened Phone")
    expect(entry).not_to_contain_text(shop.phone(READER))
    portal.goto("/my/history/?who=people")
    timeline = portal.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("A contact detail of yours was opened")
    expect(timeline).to_contain_text("by our staff")


def test_without_a_reason_nothing_is_shown(console: Page, places: Places) -> None:
    page = console
    page.goto(f"/console/profiles/{places.subject}/")
    contact = page.get_by_role("region", name="Contact")

    contact.get_by_role("button", name="Show…").click()

    reason = contact.get_by_label("Reason, such as an order")
    expect(reason).to_be_focused()  # the browser itself asks for it
    expect(contact.get_by_text(re.compile(r"\+1415"))).to_have_count(0)


def test_a_marketer_sees_numbers_and_no_contact_panel(
    enter: Enter, house: House, places: Places
) -> None:
    page = enter(house.operator("alice@candor.example"))

    page.goto(f"/console/profiles/{places.subject}/")

    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_role("region", name="Contact")).to_have_count(0)
    assert accessibility.violations(page) == []
