"""Every screen in both languages and themes, on a desk, on a phone and on a narrow one."""

from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser import accessibility, shop
from tests.browser.conftest import DESK, READER, Enter
from tests.browser.screens import (
    ACTS,
    BEFORE_SIGN_IN,
    FILES,
    PARTS,
    Places,
    Screen,
    addresses,
    routes,
    screens,
)
from tests.stories.house import Visitor

pytestmark = pytest.mark.browser
LANGUAGES = {"en": "en", "zh-hans": "zh-Hans"}  # as kept, as written in the page
PHONE, NARROW = 390, 320
# A theme changes colors and nothing else, so the second one needs the rules of color alone.
RULES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": accessibility.EVERY_RULE,
    "dark": accessibility.COLOR_RULES,
}


@pytest.mark.parametrize("screen", screens(), ids=str)
def test_a_screen_is_whole_in_every_language_theme_and_width(
    screen: Screen,
    enter: Enter,
    base_url: str,
    places: Places,
    operator: Visitor,
    customer: Visitor,
) -> None:
    page = enter({"operator": operator, "customer": customer, "nobody": None}[screen.who])

    found = []
    for kept, written in LANGUAGES.items():
        page.context.add_cookies([{"name": "candor_language", "value": kept, "url": base_url}])
        answer = page.goto(screen.path(places))
        assert answer is not None and answer.status == screen.status
        expect(page.locator("html")).to_have_attribute("lang", written)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        found += [f"{written}: {fault}" for fault in _faults(page)]

    assert found == []


def _faults(page: Page) -> list[str]:
    """Return what is wrong with a page as it was loaded, in each theme at each width."""
    found = []
    for scheme, rules in RULES.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(DESK)
        found += [f"{scheme}, desk: {each}" for each in accessibility.violations(page, rules=rules)]
        found += accessibility.overflow(page, width=PHONE)
        found += [
            f"{scheme}, phone: {each}" for each in accessibility.violations(page, rules=rules)
        ]
    return [*found, *accessibility.overflow(page, width=NARROW)]


def test_no_address_is_forgotten() -> None:
    listed = {screen.route for screen in screens()}
    known = {route for route, _ in routes()}

    assert known - listed == ACTS | PARTS | FILES
    assert listed >= BEFORE_SIGN_IN


def test_no_act_is_done_by_looking(places: Places, operator: Visitor, customer: Visitor) -> None:
    answers = {
        route: (customer if route.startswith("portal:") else operator).get(path)
        for route, path in addresses(ACTS, places)
    }

    back = answers.pop("portal:reveal")
    assert back.status == 200
    assert shop.phone(READER) not in back.text
    assert {each.status for each in answers.values()} == {405}
