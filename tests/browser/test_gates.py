"""The gates themselves: each fault that they are for is found on a page that has it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import accessibility
from tests.browser.gates import POLICY, Gates

pytestmark = pytest.mark.browser
HEADER = "; ".join(f"{name} {' '.join(sorted(values))}" for name, values in POLICY.items())
SCRIPT = '<script src="/trial.js"></script>'
PLAIN = '<!doctype html><html lang="en"><title>Page</title><main><h1>Page</h1>{}</main>'


class Trial:
    """One page made up for a test, under gates of its own."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.gates = Gates(origin)
        self.context = browser.new_context()
        self.gates.watch(self.context)
        self._origin = origin

    def shows(
        self, body: str, *, script: str = "", policy: str = HEADER, caching: str = "no-store"
    ) -> Page:
        """Open a page of the console that has the given body and headers."""
        headers = {"Content-Security-Policy": policy, "Cache-Control": caching}

        def answer(route: Route) -> None:
            if route.request.resource_type == "document":
                text = PLAIN.format(body + SCRIPT if script else body)
                route.fulfill(body=text, headers=headers, content_type="text/html")
            elif route.request.url == f"{self._origin}/trial.js":
                route.fulfill(body=script, content_type="text/javascript")
            else:
                route.abort()

        self.context.route("**/*", answer)
        page = self.context.new_page()
        page.goto(f"{self._origin}/console/trial/")
        return page

    def finds(self) -> str:
        """Return every fault as one text."""
        self.gates.look_at_what_is_kept()
        return "\n".join(self.gates.found)


@pytest.fixture
def trial(browser: Browser, base_url: str) -> Iterator[Trial]:
    """Return a page to be made up."""
    made = Trial(browser, base_url)
    yield made
    made.context.close()


def test_a_page_without_faults_passes(trial: Trial) -> None:
    page = trial.shows("<p>Nothing is wrong here.</p>")

    assert accessibility.violations(page) == []
    assert accessibility.overflow(page, width=320) == []
    assert trial.finds() == ""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<p style="color: red">Red</p>', "Content Security Policy"),
        ("<script>1</script>", "Content Security Policy"),
        ('<img alt="" src="https://elsewhere.example/a.png">', "Content Security Policy"),
    ],
)
def test_a_fault_in_the_page_is_found(trial: Trial, body: str, fault: str) -> None:
    trial.shows(body)

    assert fault in trial.finds()


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("throw new Error('broken')", "script error: broken"),
        ("console.error('htmx:swapError')", "htmx:swapError"),
        ("fetch('/console/?to=canary7f3a.1@example.com')", "in an address"),
        ("localStorage.who = 'Canary7f3aWalker'", "a personal value is kept"),
        ("document.title = 'Canary7f3aWalker'", "a personal value is kept"),
        ("sessionStorage['htmx-history-cache'] = '[]'", "htmx keeps whole pages"),
    ],
)
def test_a_fault_in_a_script_is_found(trial: Trial, script: str, fault: str) -> None:
    trial.shows("", script=script)

    assert fault in trial.finds()


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        ({"policy": HEADER.replace("script-src 'self'", "script-src *")}, "another policy"),
        ({"caching": "private"}, "may be kept in a cache"),
    ],
)
def test_a_fault_in_the_headers_is_found(trial: Trial, headers: dict[str, str], fault: str) -> None:
    trial.shows("", **headers)

    assert fault in trial.finds()


def test_a_request_off_the_host_is_found_even_where_a_policy_allows_it(trial: Trial) -> None:
    lax = HEADER.replace("img-src 'self'", "img-src * 'self'")

    trial.shows('<img alt="" src="https://elsewhere.example/a.png">', policy=lax)

    assert "a request off the host: elsewhere.example" in trial.finds()


def test_what_a_reader_cannot_use_is_found(trial: Trial) -> None:
    page = trial.shows('<img src="/a.png"><input><p class="wide">x</p>')
    page.evaluate("() => { document.querySelector('.wide').style.width = '900px'; }")

    found = "\n".join(accessibility.violations(page))
    assert "image-alt" in found
    assert "label" in found
    assert accessibility.overflow(page, width=390) != []
