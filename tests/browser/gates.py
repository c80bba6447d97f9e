"""
What no page may do, whatever the test is about: break the policy, fail in script, call outside,
be kept in a cache, or leave a personal value in the browser.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

CANARY = "canary7f3a"  # is in every made-up name, address and mailbox of the shop
OURS, NOTHING = frozenset({"'self'"}), frozenset({"'none'"})
POLICY = {
    "default-src": NOTHING,
    "script-src": OURS,
    "style-src": OURS,
    "img-src": OURS | {"data:"},
    "font-src": OURS,
    "connect-src": OURS,
    "manifest-src": OURS,
    "worker-src": OURS,
    "frame-src": OURS,
    "form-action": OURS,
    "base-uri": NOTHING,
    "object-src": NOTHING,
    "frame-ancestors": NOTHING,
    "report-uri": {"/csp-report"},
}
PRIVATE = ("/console/", "/my/", "/u/", "/account/", "/demo/mailbox/")
SHOW_NOBODY = (403, 404)
HARMFUL_LINES = ("Content Security Policy", "Alpine Expression Error", "htmx:")
STORED = """() => [document.title, location.href, document.cookie,
    ...Object.entries(localStorage).flat(), ...Object.entries(sessionStorage).flat()]"""


class Gates:
    """Watches browser contexts and notes every fault in `found`."""

    def __init__(self, *origins: str) -> None:
        self.origins = list(origins)
        self.found: list[str] = []
        self._contexts: list[BrowserContext] = []

    def watch(self, context: BrowserContext) -> None:
        """Note the faults of every page of a context from now on."""
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("request", self._follow)
        context.on("response", self._inspect)
        self._contexts.append(context)

    def look_at_what_is_kept(self) -> None:
        """Note personal values and saved pages in what the open pages keep."""
        for context in self._contexts:
            self._search(f"{cookie['name']} {cookie['value']}" for cookie in context.cookies())
            for page in context.pages:
                if page.url.startswith(tuple(self.origins)):
                    self._search(page.evaluate(STORED))

    def _search(self, texts: Iterable[str]) -> None:
        for text in texts:
            if CANARY in text.lower():
                self.found.append("a personal value is kept in the browser")
            if text == "htmx-history-cache":
                self.found.append("htmx keeps whole pages in the browser")

    def _hear(self, line: ConsoleMessage) -> None:
        if any(harm in line.text for harm in HARMFUL_LINES):
            self.found.append(f"{line.location['url']}: {line.text}")

    def _catch(self, error: WebError) -> None:
        self.found.append(f"script error: {error.error}")

    def _follow(self, request: Request) -> None:
        ours = [f"{origin}/" for origin in self.origins]
        if not request.url.startswith((*ours, "data:", "blob:")):
            self.found.append(f"a request off the host: {urlsplit(request.url).hostname}")
        if CANARY in request.url.lower():
            self.found.append("a personal value stands in an address")
        if urlsplit(request.url).path == "/csp-report":
            self.found.append("a report of a broken policy was sent")

    def _inspect(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 500:
            self.found.append(f"{path}: answered {response.status}")
        if response.request.resource_type != "document":
            return
        if 300 <= response.status < 400:
            return
        given = _directives(response.headers.get("content-security-policy", ""))
        if given != POLICY:
            self.found.append(f"{path}: another policy than ours: {given}")
        if response.status in SHOW_NOBODY:
            return
        caching = response.headers.get("cache-control", "")
        if path.startswith(PRIVATE) and "no-store" not in caching:
            self.found.append(f"{path}: may be kept in a cache ({caching or 'nothing said'})")


def _directives(header: str) -> dict[str, set[str]]:
    """Return a policy by directive; its order changes from answer to answer."""
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {name: set(values) for name, *values in parts}
