"""The segment of the issue, built by hand: the count arrives while one types."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import accessibility, shop

pytestmark = pytest.mark.browser
JOB_MS = 60_000


def settled(page: Page) -> None:
    """Wait until the builder has been drawn anew."""
    expect(page.locator("#builder.htmx-swapping, #builder.htmx-settling")).to_have_count(0)
    expect(page.locator("#builder .htmx-request, #builder.htmx-request")).to_have_count(0)


def choose(page: Page, field: Locator, option: str) -> None:
    """Choose an answer after which the server draws the condition anew."""
    with page.expect_response(re.compile(r"/console/segments/new/$")):
        field.select_option(label=option)
    settled(page)


def counted(page: Page, what: str) -> Locator:
    """Return one line of the live count."""
    size = page.get_by_role("region", name="Size")
    return size.get_by_role("listitem").filter(has_text=what).get_by_role("strong")


def test_the_segment_of_quiet_grocery_buyers_is_counted_live_and_saved(console: Page) -> None:
    permitting = [number for number in shop.QUIET if number not in shop.REFUSING]
    reachable = [number for number in permitting if number not in shop.WITHOUT_ADDRESS]
    page = console
    page.goto("/console/segments/new/")
    page.get_by_label("Name").fill("Quiet grocery buyers")

    spent = page.get_by_role("group", name="Condition 1")
    choose(page, spent.get_by_label("Only where"), "department")
    spent.get_by_label("is one of").fill("GROCERY, PRODUCE, MEAT")
    spent.get_by_label("Last … days").fill("90")
    choose(page, spent.get_by_label("Measure"), "for how much")
    choose(page, spent.get_by_label("Comparison"), "more than")
    spent.get_by_label("Amount, USD").fill("50")
    with page.expect_response(re.compile(r"/console/segments/new/$")):
        page.get_by_role("button", name="What they did").click()
    settled(page)
    quiet = page.get_by_role("group", name="Condition 2")
    quiet.get_by_label("Last … days").fill("30")
    choose(page, quiet.get_by_label("Comparison"), "is")
    quiet.get_by_label("Value").fill("0")

    expect(counted(page, "match the rule")).to_have_text(str(len(shop.QUIET)), timeout=JOB_MS)
    expect(counted(page, "profiles")).to_have_text(str(len(shop.EVERYBODY)))
    expect(counted(page, "permit the purpose")).to_have_text(str(len(permitting)))
    expect(counted(page, "have an address")).to_have_text(str(len(reachable)))
    assert len(shop.QUIET) > len(permitting) > len(reachable)
    assert accessibility.violations(page) == []

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Quiet grocery buyers")
    rule = page.get_by_role("region", name="Rule")
    expect(rule).to_contain_text("GROCERY, PRODUCE")
    page.get_by_role("region", name="Refreshes").get_by_role("link").click()
    expect(page.get_by_role("region", name="Progress")).to_contain_text("done", timeout=JOB_MS)
    page.go_back()
    size = page.get_by_role("region", name="Size")
    expect(size.get_by_text(str(len(shop.QUIET)), exact=True)).to_be_visible()


def test_a_rule_that_lacks_a_value_is_marked_where_it_does(console: Page) -> None:
    page = console
    page.goto("/console/segments/new/")
    page.get_by_label("Name").fill("Unfinished")
    page.get_by_label("Amount, USD").fill("")

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Amount, USD")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Amount, USD")).to_have_accessible_description(
        re.compile("Type a number|Fill in")
    )
    assert accessibility.violations(page) == []
