"""Every screen of a console in which nothing has happened yet: it says so, and what to do."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import accessibility
from tests.browser.conftest import Enter
from tests.browser.gates import Gates
from tests.browser.screens import ACTS, FILES, routes
from tests.servers import Servers
from tests.stories.house import House, Visitor

pytestmark = pytest.mark.browser
LISTS = [
    route
    for route, pattern in routes()
    if route.startswith("console:")
    and route not in ACTS | FILES
    and not route.endswith("_new")  # a form is never empty, and the builder starts a count
    and not pattern.pattern.regex.groupindex
]
SAY_SO = {
    "console:segments": "There is none yet.",
    "console:campaigns": "There is none yet.",
    "console:jobs": "Nothing has run yet.",
    "console:notifications": "Nothing has happened yet that you need to know.",
    "console:audit_alerts": "they appear within a minute",
    "console:scoring": "None yet",
    "console:sources": "Nothing was refused.",
}


@pytest.fixture(scope="module")
def empty_house(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a Candor with sign-ins and nobody to look at."""
    folder = tmp_path_factory.mktemp("empty")
    folder.chmod(0o700)
    running = House(servers, "candor_browser_empty", folder)
    try:
        running.start("web")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def newcomer(empty_house: House) -> Visitor:
    """Return the operator who may do everything, signed in."""
    return empty_house.operator()


@pytest.mark.parametrize("route", LISTS)
def test_an_empty_screen_says_that_it_is(
    route: str, enter: Enter, gates: Gates, empty_house: House, newcomer: Visitor
) -> None:
    origin = f"http://127.0.0.1:{empty_house.port}"
    gates.origins.append(origin)
    page = enter(newcomer, origin=origin)

    page.goto(origin + reverse(route))

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    if route in SAY_SO:
        expect(page.get_by_role("main")).to_contain_text(SAY_SO[route])
    assert accessibility.violations(page) == []
    assert accessibility.overflow(page, width=390) == []
