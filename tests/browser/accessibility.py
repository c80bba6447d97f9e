"""What axe-core finds on a page as it stands now: WCAG 2.2 A and AA, and best practices."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
EVERY_RULE = {"type": "tag", "values": list(TAGS)}
COLOR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_TWO_FRAMES = "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"
_AT_REST = "() => !document.querySelector('.htmx-request')"
_SCRIPT = Axe().axe_script


def violations(page: Page, *, rules: dict[str, Any] = EVERY_RULE) -> list[str]:
    """Return each violation with the element and what to do about it; about 0.3 s."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_SCRIPT)
    page.wait_for_function(_AT_REST)  # what is being counted anew is dimmed for that moment
    found = page.evaluate("options => axe.run(document, options)", options)
    return [_line(each, node) for each in found["violations"] for node in each["nodes"]]


def _line(violation: dict[str, Any], node: dict[str, Any]) -> str:
    return f"{violation['id']}: {node['target']} {node['html'][:160]} {node['failureSummary']}"


def overflow(page: Page, *, width: int) -> list[str]:
    """Return how far the page itself scrolls sideways at `width` px, and what sticks out."""
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate(_TWO_FRAMES)  # charts follow a new width one frame later
    wide, names = page.evaluate(
        """() => [document.documentElement.scrollWidth - innerWidth,
            [...document.querySelectorAll('body *')]
                .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 5).map((each) => `${each.tagName}.${each.className}`)]"""
    )
    return [f"scrolls {wide} px sideways at {width} px: {names}"] if wide > 0 else []
