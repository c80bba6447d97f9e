"""The audit log by keyboard and mouse: filters, sealed reasons, a check, an alert, the bell."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, shop
from tests.browser.conftest import READER
from tests.browser.screens import Places
from tests.stories.house import Visitor, eventually

pytestmark = pytest.mark.browser
REASON = "order 5150"


@pytest.fixture
def reveal(proven: Page, places: Places, operator: Visitor) -> str:
    """Let the operator look at a customer's e-mail for a reason; return the entry's address."""

    def newest() -> str:
        text = operator.get("/console/audit/?act=vault.open&object=fields:&who=op").text
        found = re.search(r"/console/audit/\d+/", text)
        return found[0] if found else ""

    before = newest()
    proven.goto(f"/console/profiles/{places.subject}/")
    contact = proven.get_by_role("region", name="Contact")
    contact.get_by_label("Show").select_option(label="E-mail")
    contact.get_by_label("Reason, such as an order").fill(REASON)
    contact.get_by_role("button", name="Show…").click()
    expect(contact.get_by_text(re.compile("@example"))).to_be_visible()
    eventually(lambda: newest() != before, why="the log does not show the reveal")
    return newest()


def test_filters_narrow_the_list_and_stand_in_the_address(console: Page, reveal: str) -> None:
    page = console
    page.goto("/console/audit/")
    filters = page.get_by_role("form", name="Filters")

    filters.get_by_label("Who").select_option(label="any operator")
    filters.get_by_label("Field").select_option(label="E-mail")
    filters.get_by_role("button", name="Filter").press("Enter")

    row = page.get_by_role("table").get_by_role("row").nth(1)
    expect(row).to_contain_text("Demo operator")
    expect(row).to_contain_text("E-mail of")
    assert "field=email" in page.url and "who=op" in page.url
    page.get_by_role("link", name="Reset").click()
    expect(page).to_have_url(re.compile(r"/console/audit/$"))


def test_saved_view_of_reveals_and_all_about_the_same_person(console: Page, reveal: str) -> None:
    page = console
    page.goto("/console/audit/")

    page.get_by_role("link", name="Reveals").click()
    expect(page.get_by_role("link", name="Reveals")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name=re.compile("^[0-9a-f]{8}…$")).first.click()

    expect(page).to_have_url(re.compile(r"about=[0-9a-f]{32}"))
    expect(page.get_by_role("table")).to_contain_text("permitted a purpose")


def test_a_reason_is_found_though_it_is_sealed(console: Page, reveal: str) -> None:
    page = console
    page.goto("/console/audit/?act=vault.open&object=fields:&who=op")
    expect(page.get_by_role("table")).not_to_contain_text(REASON)

    page.get_by_text("By number, by person, by reason; export").click()
    page.get_by_label("Reason contains").fill("5150")
    page.get_by_role("button", name="Open reasons").click()

    expect(page.get_by_role("table")).to_contain_text(REASON)
    assert "5150" not in page.url
    assert accessibility.violations(page) == []


def test_an_entry_opens_its_detail_and_leads_to_its_request(console: Page, reveal: str) -> None:
    page = console
    page.goto(reveal)
    expect(page.get_by_role("main")).not_to_contain_text(REASON)

    page.get_by_role("button", name="Open detail").click()

    expect(page.get_by_role("main")).to_contain_text(REASON)
    assert accessibility.violations(page) == []
    page.goto(reveal)
    page.get_by_role("link", name=re.compile("^req_")).click()
    expect(page.get_by_role("table")).to_contain_text("opened E-mail of")


def test_a_person_is_found_without_their_address_in_any_address(console: Page, reveal: str) -> None:
    page = console
    page.goto("/console/audit/")

    page.get_by_text("By number, by person, by reason; export").click()
    page.get_by_label("Find by").select_option(label="E-mail")
    page.get_by_label("Whole value").fill(shop.address(READER))
    page.get_by_label("Reason, such as an order").fill("request 12")
    page.get_by_role("button", name="Find").click()

    expect(page).to_have_url(re.compile(r"about=[0-9a-f]{32}$"))
    expect(page.get_by_role("table")).to_contain_text("opened E-mail of")


def test_the_whole_log_is_checked_while_one_waits(console: Page, places: Places) -> None:
    page = console
    page.goto("/console/audit/")
    state = page.locator("#audit-state")

    page.get_by_role("button", name="Check now").click()

    expect(state).to_contain_text("Check of the audit log")
    expect(state).to_contain_text("Checked:", timeout=60_000)
    expect(state).not_to_contain_text("Check of the audit log")


def test_an_export_is_saved_as_a_file(proven: Page, places: Places) -> None:
    page = proven
    page.goto("/console/audit/")
    page.get_by_text("By number, by person, by reason; export").click()
    page.get_by_label("From entry").fill("0")
    page.get_by_label("To entry").fill("9")

    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()

    assert saved.value.suggested_filename == "audit-0-9.log-export"


def test_an_alert_is_made_met_and_told(console: Page, places: Places, operator: Visitor) -> None:
    page = console
    page.goto("/console/audit/alerts/")
    page.get_by_role("link", name="New alert").click()
    page.get_by_label("Name").fill("Any proof taken")
    page.get_by_label("Acts").select_option("audit.prove")
    page.get_by_label("More than").fill("0")
    page.get_by_label("Within, in minutes").fill("60")
    page.get_by_role("button", name="Save alert").click()
    expect(page.get_by_role("table").first).to_contain_text("Any proof taken")

    operator.get(f"/console/audit/{places.index}/proof/")
    eventually(
        lambda: "Any proof taken" in operator.get("/console/notifications/").text,
        why="nobody was told of the hit",
        seconds=150,
    )

    page.goto("/console/")
    bell = page.get_by_role("link", name=re.compile(r"Notifications, \d+ unread"))
    bell.click()
    assert accessibility.violations(page) == []
    page.get_by_role("button", name=re.compile("Any proof taken")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Any proof taken")
    page.goto("/console/audit/alerts/")
    expect(page.get_by_role("table").nth(1)).to_contain_text("Any proof taken")
    page.goto("/console/notifications/")
    page.get_by_role("button", name="Mark all read").click()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
