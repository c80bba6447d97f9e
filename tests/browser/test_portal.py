"""A customer's own pages: in by a link, switches that work at once, the record and the reasons."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, shop
from tests.browser.conftest import READER, Enter
from tests.stories import acts
from tests.stories.house import House, eventually

pytestmark = pytest.mark.browser
# Customers of their own for tests that change something.
NEWCOMER, SWITCHING, STOPPING, UNSUBSCRIBING = 41, 42, 43, 44
EMAIL = "Marketing by e-mail"


def test_a_customer_signs_in_by_the_link_in_the_mailbox(enter: Enter, house: House) -> None:
    address = shop.address(NEWCOMER)
    page = enter(None)
    page.goto("/my/")
    expect(page).to_have_url(re.compile(r"/my/signin/$"))
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    eventually(lambda: signin_letters(house, address) != [], why="no letter came")

    page.goto("/demo/mailbox/")
    letter = page.get_by_role("row").filter(has_text=address).filter(has_text="Demo Shop")
    letter.get_by_role("link").first.click()
    page.get_by_role("link").filter(has_text="/my/enter/").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Open your data in this browser?")
    expect(page).to_have_url(re.compile(r"/my/enter/$"))  # the token is out of the address
    assert accessibility.violations(page) == []
    page.get_by_role("button", name="Continue").and_(page.locator(":visible")).click()

    expect(page).to_have_url(re.compile(r"/my/$"))
    allowed = page.get_by_role("region", name="What you allow")
    expect(allowed.get_by_role("listitem").filter(has_text=EMAIL)).to_contain_text("On")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/my/history/")
    expect(page).to_have_url(re.compile(r"/my/signin/$"))


def signin_letters(house: House, address: str) -> list[str]:
    """Return the sign-in letters that came to an address."""
    texts = [letter.get_body(("plain",)) for letter in house.letters(to=address)]
    return [text.get_content() for text in texts if text and "/my/enter/" in text.get_content()]


def test_email_is_switched_off_with_one_click_and_undone_with_another(
    enter: Enter, house: House
) -> None:
    page = enter(acts.signs_in(house, shop.address(SWITCHING)))
    page.goto("/my/permissions/")
    switch = page.get_by_role("switch", name=EMAIL, exact=True)
    expect(switch).to_be_checked()

    switch.click()

    expect(page.get_by_role("status").filter(has_text="Off.")).to_have_text(
        "Off. Nothing more will be sent."
    )
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    assert accessibility.violations(page) == []
    page.get_by_role("button", name=f"Undo {EMAIL}").click()
    expect(switch).to_be_checked()

    switch.click()
    expect(switch).not_to_be_checked()
    page.reload()
    expect(switch).not_to_be_checked()


def test_everything_is_stopped_at_once_and_brought_back(enter: Enter, house: House) -> None:
    page = enter(acts.signs_in(house, shop.address(STOPPING)))
    page.goto("/my/permissions/")
    on = page.get_by_role("switch", checked=True)
    before = on.count()
    email = page.get_by_role("switch", name=EMAIL, exact=True)
    expect(email).to_be_checked()

    page.get_by_role("button", name="Stop everything").click()

    expect(email).not_to_be_checked()
    expect(page.get_by_text("Stopped just now:")).to_be_visible()
    assert accessibility.violations(page) == []
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(email).to_be_checked()
    expect(on).to_have_count(before)


def test_the_link_in_a_message_stops_the_messages(enter: Enter, house: House) -> None:
    letters = house.letters(to=shop.address(UNSUBSCRIBING))
    listed = next(str(letter["List-Unsubscribe"]) for letter in letters)
    path = re.search(r"/u/[\w-]+", listed)
    assert path
    page = enter(None)

    page.goto(path[0])
    page.get_by_role("button", name="Stop", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Stopped")
    expect(page.get_by_role("status").filter(has_text="is off")).to_contain_text(EMAIL)
    assert accessibility.violations(page) == []
    permissions = acts.signs_in(house, shop.address(UNSUBSCRIBING)).get("/my/permissions/").text
    switch = re.search(r'id="marketing-email-switch"[^>]*aria-checked="(\w+)"', permissions)
    assert switch and switch[1] == "false"


def test_the_history_names_who_looked_and_hands_out_proofs(portal: Page, tmp_path: Path) -> None:
    page = portal
    page.goto("/my/history/")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("by")

    proof = timeline.get_by_role("link", name=re.compile(r"^Proof of entry \d+$")).first
    index = re.search(r"\d+", proof.inner_text())
    with page.expect_download() as loading:
        proof.click()

    assert index
    assert loading.value.suggested_filename == f"entry-{index[0]}.tlog-proof"
    loading.value.save_as(tmp_path / "proof")
    kind, _, position, *_ = (tmp_path / "proof").read_text().splitlines()
    assert (kind, position) == ("c2sp.org/tlog-proof@v1", f"index {index[0]}")


def test_the_reasons_of_a_message_name_facts_and_offer_to_stop(portal: Page) -> None:
    page = portal
    page.goto("/my/reasons/")

    page.get_by_role("region", name="Messages and decisions").get_by_role("link").first.click()

    used = page.get_by_role("region", name="What we used about you")
    expect(used).to_contain_text("GROCERY")
    permitted = page.get_by_role("region", name="You allowed it")
    expect(permitted).to_contain_text(EMAIL)
    expect(permitted.get_by_role("button", name=f"Stop: {EMAIL}")).to_be_visible()


def test_a_customer_opens_a_detail_of_their_own_and_hides_it(portal: Page) -> None:
    page = portal
    page.goto("/my/data/")
    details = page.get_by_role("region", name="Contact details")
    row = details.get_by_role("listitem").filter(has_text="Phone")
    expect(row).not_to_contain_text(shop.phone(READER))

    row.get_by_role("button", name="Show Phone").click()

    expect(row).to_contain_text(shop.phone(READER))
    assert accessibility.violations(page) == []
    page.get_by_role("link", name="Hide Phone").click()
    expect(row).not_to_contain_text(shop.phone(READER))
