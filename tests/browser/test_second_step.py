"""Second steps as people do them: an app, a passkey, a recovery code, and a fresh proof."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.authenticator import code
from tests.browser import accessibility
from tests.browser.conftest import Enter
from tests.browser.gates import Gates
from tests.browser.screens import Places
from tests.stories.house import House

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An operator in customer care who has never signed in."""

    email: str
    password: str

    def signs_in(self, page: Page, *, origin: str = "") -> None:
        """Fill the sign-in page in and press its button."""
        page.goto(f"{origin}/account/signin/")
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.fixture
def lee(house: House) -> Newcomer:
    """Return somebody new in customer care."""
    name, password = secrets.token_hex(4), secrets.token_urlsafe(16)
    email = f"lee-{name}@candor.example"
    house.run(
        "shell",
        "--command",
        "from cdp.accounts import operators; from cdp.accounts.models import OperatorRole; "
        "from cdp.kernel.models import Workspace; "
        f"lee = operators.create_operator(email={email!r}, name='Lee', password={password!r}); "
        "operators.grant_role(lee, workspace=Workspace.objects.first().pk, "
        "role=OperatorRole.Role.SUPPORT)",
    )
    return Newcomer(email, password)


@pytest.fixture
def named(house: House, gates: Gates) -> str:
    """Return the origin of the same house under a host name, to which passkeys can belong."""
    origin = f"http://localhost:{house.port}"
    gates.origins.append(origin)
    return origin


@pytest.fixture
def keyed(enter: Enter, named: str) -> Callable[[], Page]:
    """Return a way to a page of a browser that makes passkeys."""

    def page() -> Page:
        opened = enter(None, origin=named)
        tools = opened.context.new_cdp_session(opened)
        tools.send("WebAuthn.enable")
        tools.send(
            "WebAuthn.addVirtualAuthenticator",
            {"options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }},
        )  # fmt: skip
        return opened

    return page


def sets_an_app_up(page: Page) -> tuple[str, list[str]]:
    """Set an authenticator app up on the account page; return its key and the recovery codes."""
    page.goto("/account/")
    page.get_by_role("link", name="Set up…").click()
    key = page.get_by_label("Key").input_value()
    assert accessibility.violations(page) == []
    page.get_by_label("One-time code").fill(code(key, at=time.time()))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    return key, page.locator(".codes li").all_inner_texts()


def test_lee_sets_an_app_up_and_signs_in_with_its_code(enter: Enter, lee: Newcomer) -> None:
    page = enter(None)
    lee.signs_in(page)
    key, _codes = sets_an_app_up(page)
    assert accessibility.violations(page) == []
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("button", name="Lee").click()
    page.get_by_role("button", name="Sign out").click()

    lee.signs_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    assert accessibility.violations(page) == []
    page.get_by_label("One-time code").fill("12")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".field")).to_contain_text("Incorrect code.")
    page.get_by_label("One-time code").fill(code(key, at=time.time()))
    page.get_by_role("button", name="Go on").click()

    expect(page).to_have_url(re.compile(r"/console/$"))


def test_lee_keeps_the_recovery_codes_as_a_file_and_uses_one(
    enter: Enter, lee: Newcomer, tmp_path: Path
) -> None:
    page = enter(None)
    lee.signs_in(page)
    _key, codes = sets_an_app_up(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep as a file").click()
    kept = tmp_path / "codes.txt"
    download.value.save_as(kept)
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("You have 10 codes left.")

    elsewhere = enter(None)
    lee.signs_in(elsewhere)
    elsewhere.get_by_label("One-time code").fill(codes[3])
    elsewhere.get_by_role("button", name="Go on").click()

    expect(elsewhere).to_have_url(re.compile(r"/console/$"))
    assert kept.read_text().split() == codes
    elsewhere.goto("/account/")
    expect(elsewhere.get_by_role("main")).to_contain_text("9 left")


def test_lee_adds_a_passkey_and_signs_in_with_nothing_else(
    keyed: Callable[[], Page], named: str, lee: Newcomer
) -> None:
    page = keyed()
    lee.signs_in(page, origin=named)
    page.goto(f"{named}/account/")
    page.get_by_role("link", name="Add a passkey…").click()
    assert accessibility.violations(page) == []
    page.get_by_label("Name of the passkey").fill("Lee’s laptop")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.goto(f"{named}/account/")
    expect(page.get_by_role("main")).to_contain_text("Lee’s laptop passkey, signs in alone")
    page.get_by_role("button", name="Sign out", exact=True).first.click()

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page).to_have_url(re.compile(r"/console/$"))


def test_a_passkey_is_the_second_step_after_the_password(
    keyed: Callable[[], Page], named: str, lee: Newcomer
) -> None:
    page = keyed()
    lee.signs_in(page, origin=named)
    page.goto(f"{named}/account/two-step/passkeys/add/")
    page.get_by_label("Sign in with this passkey alone").uncheck()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.goto(f"{named}/account/")
    page.get_by_role("button", name="Sign out", exact=True).first.click()

    lee.signs_in(page, origin=named)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    assert accessibility.violations(page) == []
    page.get_by_role("button", name="Use your passkey").click()
    expect(page).to_have_url(re.compile(r"/console/$"))
    page.goto(f"{named}/account/confirm/")
    page.get_by_role("button", name="Use your passkey").click()

    expect(page).to_have_url(re.compile(r"/console/$"))


def test_a_reveal_asks_for_a_fresh_proof_and_then_goes_on(
    enter: Enter, lee: Newcomer, house: House, places: Places
) -> None:
    page = enter(None)
    lee.signs_in(page)
    expect(page).to_have_url(re.compile(r"/console/$"))
    key = next(c["value"] for c in page.context.cookies() if c["name"] == "candor_console")
    house.run(  # as if the sign-in had been six minutes ago
        "shell",
        "--command",
        "from cdp.accounts.session_store import SessionStore; "
        f"kept = SessionStore({key!r}); kept['proven_at'] -= 360; kept.save()",
    )
    profile = f"/console/profiles/{places.subject}/"
    page.goto(profile)

    page.get_by_label("Show").select_option("email")
    page.get_by_label("Reason, such as an order").fill("order 4711")
    page.get_by_role("button", name="Show…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert accessibility.violations(page) == []
    page.get_by_label("Password").fill(lee.password)
    page.get_by_role("button", name="Confirm").click()

    expect(page.locator("#contact strong")).to_contain_text("@example.com")
    expect(page).to_have_url(re.compile(rf"{profile}contact/$"))


def test_lee_signs_another_device_out(enter: Enter, lee: Newcomer) -> None:
    here, there = enter(None), enter(None)
    lee.signs_in(there)
    lee.signs_in(here)
    here.goto("/account/")
    assert accessibility.violations(here) == []

    here.get_by_role("button", name="Sign out all other devices").click()
    expect(here.locator("#messages")).to_contain_text("All other devices are signed out.")
    there.goto("/console/")

    expect(there.locator("#messages")).to_have_text("This device was signed out.")
    here.goto("/console/")
    expect(here).to_have_url(re.compile(r"/console/$"))
