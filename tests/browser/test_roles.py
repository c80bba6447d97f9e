"""Charlie has an account and no role: every screen and every act is closed to him."""

import pytest
from playwright.sync_api import expect

from tests.browser import accessibility
from tests.browser.conftest import Enter
from tests.browser.screens import ACTS, PARTS, Places, addresses, routes
from tests.stories.house import House, Visitor

pytestmark = pytest.mark.browser
CONSOLE = {route for route, _ in routes() if route.startswith("console:")}
WHY = "This page needs a role that you do not hold."


@pytest.fixture
def charlies(house: House, charlie: tuple[str, str]) -> Visitor:
    """Return Charlie's browser after he signed in."""
    email, password = charlie
    visitor = house.visitor()
    visitor.post("/account/signin/", {"email": email, "password": password})
    return visitor


def test_charlie_is_told_why_he_sees_nothing(enter: Enter, charlies: Visitor) -> None:
    page = enter(charlies)

    answer = page.goto("/console/")

    assert answer is not None and answer.status == 403
    expect(page.get_by_role("main")).to_contain_text(WHY)
    expect(page.get_by_role("navigation")).to_have_count(0)
    assert accessibility.violations(page) == []


def test_charlie_can_open_no_screen_and_do_no_act(
    charlies: Visitor, operator: Visitor, places: Places
) -> None:
    screens = addresses(CONSOLE - ACTS, places)
    acts = addresses(CONSOLE & ACTS, places)

    looking = {route: charlies.get(path) for route, path in screens}
    doing = {route: charlies.post(path, page="/console/") for route, path in acts}

    for route, answer in (looking | doing).items():
        assert (route, answer.status) == (route, 403)
        assert WHY in answer.text, f"{route} was refused for another reason"
    open_to_others = addresses(CONSOLE - ACTS - PARTS, places)
    assert {operator.get(path).status for _, path in open_to_others} == {200}
