"""One running Candor for all browser tests, people signed in to it, and the gates of every page."""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser import shop
from tests.browser.gates import Gates
from tests.browser.screens import Places
from tests.servers import Servers
from tests.stories import acts
from tests.stories.house import House, Visitor

PROCESSES = ("web", "drain", "sequencer", "mailbox", "worker", "beat")
QUIET_BROWSER = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
READER = 31  # buys often and got a message: everything there is about a customer is there
STEP_MS = 15_000
DESK = {"width": 1440, "height": 900}

ALERT = {
    "name": "Any look at the log", "acts": "audit.read", "actor_kind": "op", "counted": "apart",
    "more_than": "0", "within_minutes": "1440", "is_on": "on",
}  # fmt: skip

NewContext = Callable[..., BrowserContext]
Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def house(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a Candor with sixty customers, two campaigns and every process running."""
    folder = tmp_path_factory.mktemp("house")
    folder.chmod(0o700)
    running = House(servers, "candor_browser", folder)
    try:
        for process in PROCESSES:
            running.start(process)
        running.track(shop.registrations())
        running.track(shop.choices(), key="consent_write_key")
        running.track(shop.history(datetime.now(UTC)))
        running.drained()
        running.run("story")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def base_url(house: House) -> str:
    """Return where it stands."""
    return f"http://127.0.0.1:{house.port}"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's Chromium; nothing is downloaded."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.fail("Install Chromium (apt install chromium) or set CHROMIUM.", pytrace=False)
    return {**browser_type_launch_args, "executable_path": program, "args": list(QUIET_BROWSER)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Look at pages as on a desk, in English, without animations."""
    return {**browser_context_args, "viewport": DESK, "locale": "en-US", "reduced_motion": "reduce"}


@pytest.fixture(autouse=True)
def gates(base_url: str) -> Iterator[Gates]:
    """Fail the test for what no page may do."""
    watching = Gates(base_url)
    yield watching
    assert watching.found == []


@pytest.fixture
def new_context(new_context: NewContext, gates: Gates) -> Iterator[NewContext]:
    """Return a maker of browser contexts whose pages the gates watch."""

    def make(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(STEP_MS)
        gates.watch(context)
        return context

    yield make
    gates.look_at_what_is_kept()


@pytest.fixture
def enter(new_context: NewContext, base_url: str) -> Enter:
    """Return a way to open a page with the cookies of somebody who is signed in."""

    def page(visitor: Visitor | None, *, origin: str = base_url, **options: Any) -> Page:
        context = new_context(**options)
        kept = visitor.cookies if visitor else {}
        context.add_cookies(
            [{"name": name, "value": value, "url": origin} for name, value in kept.items()]
        )
        return context.new_page()

    return page


@pytest.fixture(scope="session")
def operator(house: House) -> Visitor:
    """Return the operator who may do everything, signed in."""
    return house.operator()


@pytest.fixture(scope="session")
def customer(house: House) -> Visitor:
    """Return the customer about whom there is everything, signed in."""
    return acts.signs_in(house, shop.address(READER))


@pytest.fixture
def console(enter: Enter, operator: Visitor) -> Page:
    """Return a page of the operator who may do everything."""
    return enter(operator)


@pytest.fixture
def proven(enter: Enter, house: House) -> Page:
    """Return a page of that operator, who has signed in just now: some acts ask for it."""
    return enter(house.operator())


@pytest.fixture
def portal(enter: Enter, customer: Visitor) -> Page:
    """Return a page of the customer about whom there is everything."""
    return enter(customer)


@pytest.fixture(scope="session")
def charlie(house: House) -> tuple[str, str]:
    """Return the address and password of an operator without any role."""
    email, password = "charlie@candor.example", secrets.token_urlsafe(16)
    house.run(
        "shell",
        "--command",
        "from cdp.accounts.operators import create_operator; "
        f"create_operator(email={email!r}, name='Charlie', password={password!r})",
    )
    return email, password


@pytest.fixture(scope="session")
def places(house: House, operator: Visitor, customer: Visitor) -> Places:
    """Return where the screens of single things are, found by following their links."""

    def link(visitor: Visitor, page: str, pattern: str, *, near: str = "") -> str:
        answer = visitor.get(page)
        assert answer.status == 200, f"{page}: {answer.status}"
        text = answer.text
        for found in re.finditer(pattern, text):
            if near in text[found.end() : found.end() + len(near) + 2]:
                return found[1]
        raise AssertionError(f"{page} has no link like {pattern} {near}")

    uuid = r"([0-9a-f-]{36})"
    segment = link(operator, "/console/segments/", rf"segments/{uuid}/\"", near="Good grocery")
    campaigns = "/console/campaigns/"
    letter = next(iter(house.letters(to=shop.address(READER))))
    subscription = next(message for message in house.letters() if message.get("List-Unsubscribe"))
    export = acts.plans_export(house, operator, UUID(segment))
    acts.presses(
        operator, f"/console/exports/{export}/approval/", page=f"/console/exports/{export}/"
    )
    token = re.search(r"/u/([^>\s]+)>", str(subscription["List-Unsubscribe"]))
    assert token and letter
    operator.post("/console/audit/alerts/new/", ALERT)
    return Places(
        segment_id=segment,
        subject=link(operator, f"/console/segments/{segment}/", rf"profiles/{uuid}/"),
        draft=link(operator, campaigns, rf"campaigns/{uuid}/\"", near="We miss you"),
        sent=link(operator, campaigns, rf"campaigns/{uuid}/\"", near="Weekly letter"),
        run_id=link(operator, "/console/jobs/", rf"jobs/{uuid}/"),
        index=link(operator, "/console/audit/", r"audit/(\d+)/\""),
        explanation_id=link(customer, "/my/reasons/", rf"reasons/{uuid}/"),
        token=token[1],
        name=link(operator, "/demo/mailbox/", r"mailbox/([\w-]+)/\""),
        approval_id=link(operator, "/console/approvals/", rf"approvals/{uuid}/"),
        export_id=str(export),
        source=link(operator, "/console/sources/", rf"sources/{uuid}/"),
        operator=link(operator, "/console/settings/team/", rf"team/{uuid}/", near="Alice"),
        key=link(operator, "/console/settings/api-keys/", rf"api-keys/{uuid}/"),
        alert_id=link(operator, "/console/audit/alerts/", rf"alerts/{uuid}/\"", near=ALERT["name"]),
    )
