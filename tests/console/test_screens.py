"""Every list screen answers, empty and full; who may not see it is told why."""

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts.models import OperatorRole
from tests.console.conftest import Console
from tests.people import EVERYTHING, Shop

Role = OperatorRole.Role
SCREENS = (
    "overview", "profiles", "segments", "segment_new", "campaigns", "campaign_new", "scoring",
    "consents", "audit", "sources", "jobs",
)  # fmt: skip
# Who may open which screen, as the design's table says; all others may not.
OPEN_TO: dict[str, set[OperatorRole.Role]] = {
    "overview": set(Role),
    "profiles": {Role.SUPPORT, Role.MARKETER, Role.PRIVACY},
    "segments": {Role.VIEWER, Role.MARKETER, Role.ANALYST, Role.PRIVACY, Role.AUDITOR},
    "segment_new": {Role.MARKETER, Role.ANALYST},
    "campaigns": {Role.VIEWER, Role.MARKETER, Role.ANALYST, Role.PRIVACY, Role.AUDITOR},
    "campaign_new": {Role.MARKETER},
    "scoring": {Role.VIEWER, Role.MARKETER, Role.ANALYST, Role.PRIVACY, Role.AUDITOR},
    "consents": {Role.VIEWER, Role.MARKETER, Role.ANALYST, Role.PRIVACY, Role.AUDITOR},
    "audit": {Role.PRIVACY, Role.AUDITOR, Role.ADMINISTRATOR},
    "sources": {Role.SUPPORT, Role.ENGINEER},
    "jobs": {Role.ENGINEER, Role.PRIVACY, Role.AUDITOR, Role.ADMINISTRATOR},
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_opens_before_anything_has_happened(console: Console, screen: str) -> None:
    browser = console(*Role)

    answer = browser.get(reverse(f"console:{screen}"))

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_opens_when_there_is_something_to_show(
    console: Console, shop: Shop, screen: str
) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 120.0)
    browser = console(*Role)

    answer = browser.get(reverse(f"console:{screen}"))

    assert answer.status_code == 200
    assert mei.email not in answer.content.decode()


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_screens_and_no_other(console: Console, role: OperatorRole.Role) -> None:
    browser = console(role)

    opened = {
        screen for screen in SCREENS if browser.get(reverse(f"console:{screen}")).status_code == 200
    }

    assert opened == {screen for screen in SCREENS if role in OPEN_TO[screen]}


def test_an_operator_without_a_role_sees_nothing(console: Console) -> None:
    charlie = console()

    statuses = {charlie.get(reverse(f"console:{screen}")).status_code for screen in SCREENS}

    assert statuses == {403}


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(db: None) -> None:
    answer = Client().get("/console/profiles/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/signin/?next=/console/profiles/")


def test_a_fragment_for_htmx_is_never_the_sign_in_page(db: None) -> None:
    answer = Client().get("/console/jobs/", headers={"HX-Request": "true"})

    assert answer["HX-Redirect"] == "/account/signin/"
