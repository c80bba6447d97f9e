"""
Take the README's pictures from a running demo: `make demo` in one terminal, this in another.

Reads `var/run.json`, signs in as the operator and as the first customer (by the link in the
mailbox), and writes docs/images/<screen>-<theme>-<language>.png.
"""

import json
import os
import re
import shutil
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("CDP_VAR", ROOT / "var"))
PICTURES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}
LINK_WAIT_MS = 60_000
STEP_MS = 500
COUNT_WAIT_MS = 30_000


def picture(page: Page, name: str) -> None:
    """Write what `page` shows as docs/images/<name>-light-en.png."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(STEP_MS)  # charts draw themselves after the page has come
    page.screenshot(path=PICTURES / f"{name}-light-en.png")


def console(browser: Browser, run: dict[str, Any]) -> None:
    """Sign in as the operator and picture the screens that the README walks through."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{run['base_url']}/account/signin/")
    page.get_by_label("E-mail").fill(run["operator"]["email"])
    page.get_by_label("Password").fill(run["operator"]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/**")
    picture(page, "overview")
    page.goto(run["base_url"] + "/console/audit/")
    picture(page, "audit")
    _open_first(page, run, "/console/profiles/")
    picture(page, "profile")
    page.goto(run["base_url"] + "/console/campaigns/")
    page.get_by_role("link", name="Weekly letter to good customers").click()
    page.get_by_text("queued").wait_for(state="detached", timeout=COUNT_WAIT_MS)
    picture(page, "campaign")
    page.goto(run["base_url"] + "/console/segments/")
    page.get_by_role("link", name="Regulars who stayed away").click()
    page.get_by_role("link", name="Edit rule").click()
    page.get_by_role("button", name="Check the rule").click()
    page.locator(".live-count").wait_for(timeout=COUNT_WAIT_MS)
    picture(page, "segment")
    page.close()


def _open_first(page: Page, run: dict[str, Any], list_path: str) -> None:
    page.goto(run["base_url"] + list_path)
    page.locator(f"main th a[href^='{list_path}']").first.click()


def portal(browser: Browser, run: dict[str, Any]) -> None:
    """Sign in as the first customer, with the link from the mailbox, and picture each page."""
    customer = run["customers"][0]
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    former = sign_in_links(run, customer["email"])
    page.goto(customer["portal_url"])
    page.get_by_label("E-mail").fill(customer["email"])
    page.get_by_role("button", name="Send me a link").click()
    waited = 0
    while not (new := sign_in_links(run, customer["email"]) - former):
        if waited >= LINK_WAIT_MS:
            sys.exit("No sign-in link came within a minute. Is the worker running?")
        page.wait_for_timeout(STEP_MS)
        waited += STEP_MS
    page = context.new_page()  # as a click in a mail program does
    page.goto(new.pop())
    page.locator("#by-link").get_by_role("button").click()
    page.wait_for_url("**/my/")
    page.goto(run["base_url"] + "/my/permissions/")
    picture(page, "portal-permissions")
    context.close()


def sign_in_links(run: dict[str, Any], address: str) -> set[str]:
    """Return every sign-in link that the mailbox holds for `address`."""
    found: set[str] = set()
    for path in Path(run["mailbox"]["dir"]).glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain", "html"))
        if address in str(message["To"]) and body is not None:
            found |= set(re.findall(r"https?://\S+/my/enter/\S+", body.get_content()))
    return found


def main() -> None:
    """Take every picture."""
    try:
        run = json.loads((VAR / "run.json").read_text())
    except FileNotFoundError:
        sys.exit("No demo is running. Start one with “make demo”, then run this again.")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        console(browser, run)
        portal(browser, run)
        browser.close()


if __name__ == "__main__":
    main()
