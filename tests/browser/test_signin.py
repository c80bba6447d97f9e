"""Operators at the door: a wrong password, the right one, and out again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import accessibility
from tests.browser.conftest import Enter
from tests.stories.house import House

pytestmark = pytest.mark.browser


def test_an_operator_signs_in_after_a_wrong_password_and_lands_where_they_meant_to_go(
    enter: Enter, house: House
) -> None:
    page = enter(None)
    page.goto("/console/profiles/")
    expect(page).to_have_url(re.compile(r"/account/signin/\?next="))
    alice = next(each for each in house.notes["operators"] if each["email"].startswith("alice"))

    page.get_by_label("E-mail").fill(alice["email"])
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    refusal = page.get_by_role("alert")
    expect(refusal).to_have_text("This e-mail and password do not fit together.")
    expect(page.get_by_label("Password")).to_have_value("")
    assert accessibility.violations(page) == []

    page.get_by_label("Password").fill(alice["password"])
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(re.compile(r"/console/profiles/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Profiles")


def test_who_signs_out_is_asked_again(enter: Enter, house: House) -> None:
    page = enter(house.operator("sam@candor.example"))
    page.goto("/console/")

    page.get_by_role("button", name="Sam, customer care").click()
    assert accessibility.violations(page) == []
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/console/")
    expect(page).to_have_url(re.compile(r"/account/signin/"))
