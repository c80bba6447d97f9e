"""An owner runs the team and its keys; a colleague comes in by the link that was handed over."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility
from tests.browser.conftest import Enter
from tests.stories.house import House

pytestmark = pytest.mark.browser
PASSWORD = "a long sentence to remember"


@pytest.fixture
def ada(enter: Enter, house: House) -> Page:
    """Return a page of an owner who has just signed in."""
    return enter(house.operator("ada@candor.example"))


def test_a_colleague_joins_by_the_link_and_sees_what_the_owner_grants(
    ada: Page, enter: Enter
) -> None:
    email = f"noa-{secrets.token_hex(4)}@candor.example"
    ada.goto("/console/")
    ada.get_by_role("link", name="Settings").first.click()
    ada.get_by_role("link", name="Invite…").click()
    ada.get_by_label("Name").fill("Noa")
    ada.get_by_label("E-mail").fill(email)
    ada.get_by_role("button", name="Make the link").click()
    link = ada.get_by_label("Link", exact=True).input_value()
    assert accessibility.violations(ada) == []

    noa = enter(None)
    noa.goto("/account/join/#" + link.partition("#")[2])
    expect(noa.get_by_label("Code")).to_be_hidden()
    assert "#" not in noa.url, "the token does not stay in the address"
    noa.get_by_label("New password").fill(PASSWORD)
    noa.get_by_label("The same once more").fill(PASSWORD)
    assert accessibility.violations(noa) == []
    noa.get_by_role("button", name="Set the password").click()
    noa.get_by_label("E-mail").fill(email)
    noa.get_by_label("Password").fill(PASSWORD)
    noa.get_by_role("button", name="Sign in", exact=True).click()
    expect(noa.get_by_role("main")).to_contain_text("needs a role that you do not hold")

    ada.get_by_role("button", name="Grant Viewer").click()
    expect(ada.get_by_role("button", name="Take Viewer")).to_be_visible()
    noa.goto("/console/segments/")
    expect(noa.get_by_role("heading", level=1)).to_have_text("Segments")
    noa.goto("/console/profiles/")
    why = noa.get_by_role("main")
    expect(why).to_contain_text("Open one customer's profile")
    expect(why).to_contain_text("Sam, customer care")
    expect(why).to_contain_text("Ada, owner")
    assert accessibility.violations(noa) == []


def test_a_role_that_reveals_is_asked_for_and_another_owner_agrees(
    ada: Page, enter: Enter, house: House
) -> None:
    ada.goto("/console/settings/team/")
    ada.get_by_role("link", name="Vera, who looks and approves").click()
    support = ada.get_by_role("listitem").filter(has=ada.get_by_text("Support", exact=True))
    expect(support.get_by_role("button", name="Grant")).to_have_count(0)

    support.get_by_text("Ask another owner…").click()
    support.get_by_label("Reason").fill("stands in for Sam in August")
    support.get_by_role("button", name="Ask", exact=True).click()

    expect(support).to_contain_text("waits for another owner")
    assert accessibility.violations(ada) == []


def test_a_key_is_copied_once_then_replaced_and_revoked(ada: Page) -> None:
    ada.goto("/console/settings/api-keys/")
    ada.get_by_role("link", name="New key").click()
    ada.get_by_label("Name").fill("shop-sync")
    ada.get_by_label("Find and read one customer at a time").check()
    ada.get_by_role("group", name="Purposes").get_by_role("checkbox").first.check()
    ada.get_by_role("button", name="Issue the key").click()
    token = ada.get_by_label("API key", exact=True).input_value()
    assert token.startswith("cdk_")
    assert accessibility.violations(ada) == []

    ada.get_by_label("The old key goes on for").select_option(label="1 day")
    ada.get_by_role("button", name="Replace the key").click()
    replaced = ada.get_by_label("API key", exact=True).input_value()
    assert replaced.startswith("cdk_") and replaced != token
    ada.get_by_role("button", name="Revoke the key").click()

    expect(ada.get_by_role("main")).to_contain_text("revoked")
    expect(ada.get_by_role("button", name="Revoke the key")).to_have_count(0)
    ada.reload()
    assert token not in ada.content() and replaced not in ada.content()


def test_a_developer_makes_and_replaces_a_write_key(enter: Enter, house: House) -> None:
    page = enter(house.operator("dev@candor.example"))
    page.goto("/console/sources/")
    page.get_by_role("link", name="Tills of the shops").click()
    page.get_by_role("button", name="Make a write key").click()
    made = page.get_by_label("Write key", exact=True).input_value()
    assert made.startswith("wk_")
    assert accessibility.violations(page) == []

    row = page.get_by_role("row").filter(has_text=made[:6]).first
    row.get_by_text("Replace…").click()
    row.get_by_label("The old key goes on for").select_option(label="7 days")
    row.get_by_role("button", name="Replace the key").click()

    fresh = page.get_by_label("Write key", exact=True).input_value()
    assert fresh.startswith("wk_") and fresh != made
    expect(page.get_by_role("main")).to_contain_text("ends 20")
