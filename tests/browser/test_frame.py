"""What stands around every page: language, theme, the menu on a phone, the way past it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
GLYPHS = """() => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    pen.font = `32px ${getComputedStyle(document.body).fontFamily}`;
    return ['客', '户', '\\u{10FFFF}'].map((glyph) => {
        pen.clearRect(0, 0, 64, 64);
        pen.fillText(glyph, 8, 40);
        return pen.getImageData(0, 0, 64, 64).data.join();
    });
}"""


def test_the_language_changes_in_place_and_stays(console: Page) -> None:
    page = console
    page.goto("/console/jobs/")

    page.get_by_role("button", name="中文").click()

    expect(page).to_have_url(re.compile(r"/console/jobs/$"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.goto("/console/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_is_chosen_against_the_systems_and_stays(console: Page) -> None:
    page = console
    page.emulate_media(color_scheme="light")
    page.goto("/console/")
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    page.get_by_role("button", name="Theme").click()
    expect(page.get_by_role("button", name="As the system")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert accessibility.violations(page) == []
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "candor-dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "candor-dark")
    assert accessibility.violations(page) == []


def test_on_a_phone_the_menu_opens_closes_and_leads_on(console: Page) -> None:
    page = console
    page.set_viewport_size(PHONE)
    page.goto("/console/")

    page.get_by_role("button", name="Menu").click()
    menu = page.get_by_role("dialog", name="Menu")
    expect(menu).to_be_visible()
    assert accessibility.violations(page) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Segments").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Segments")


def test_the_first_key_leads_past_the_menu(console: Page) -> None:
    page = console
    page.goto("/console/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()


def test_this_machine_draws_chinese(console: Page) -> None:
    console.goto("/console/")

    first, second, missing = console.evaluate(GLYPHS)

    assert len({first, second, missing}) == 3, "install a Chinese font (fonts-noto-cjk)"
