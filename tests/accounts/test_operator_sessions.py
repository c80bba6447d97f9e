"""Operators' sessions: they end by themselves, from elsewhere, and with what they stood on."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import Inbox
from cdp.accounts import operator_sessions, operators
from cdp.accounts.models import Operator, OperatorRole, OperatorSession
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.accounts.door import PASSWORD, acts, sign_in, signed_in, switch_off

pytestmark = pytest.mark.django_db

CONSOLE, ACCOUNT = "/console/", "/account/"
CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/141.0 Safari/537.36"}


@pytest.fixture
def elsewhere(alice: Operator) -> Client:
    """Return a second browser of Alice's, signed in."""
    browser = Client(headers=CHROME)
    sign_in(browser)
    return browser


@pytest.fixture
def now() -> datetime:
    """Return the moment at which the test began."""
    return clock.now()


def is_in(browser: Client) -> bool:
    """Say whether the console opens in a browser."""
    return browser.get(CONSOLE).status_code == 200


def test_thirty_idle_minutes_end_a_session(alice: Operator, desk: Client, now: datetime) -> None:
    with clock.stopped(now + timedelta(minutes=29)):
        assert is_in(desk)
    with clock.stopped(now + timedelta(minutes=58)):
        assert is_in(desk), "a request is a sign of life"
    with clock.stopped(now + timedelta(minutes=88)):
        over = desk.get("/console/segments/")

    assert over["Location"] == "/account/signin/?next=/console/segments/"
    assert "30 minutes without a click" in desk.get(over["Location"]).content.decode()
    assert acts(alice)[-1] == "operator.session_over"


def test_twelve_hours_end_a_session_however_busy(desk: Client, now: datetime) -> None:
    for quarter in range(1, 48):
        with clock.stopped(now + timedelta(minutes=15 * quarter)):
            assert is_in(desk)

    with clock.stopped(now + timedelta(hours=12)):
        assert not is_in(desk)


def test_an_ended_session_answers_a_part_of_a_page_with_the_way_to_the_door(
    desk: Client, now: datetime
) -> None:
    with clock.stopped(now + timedelta(minutes=30)):
        part = desk.get(CONSOLE, headers={"HX-Request": "true"})

    assert part["HX-Redirect"] == "/account/signin/"


def test_the_account_lists_the_devices(desk: Client, elsewhere: Client) -> None:
    page = desk.get(ACCOUNT).content.decode()

    assert "Firefox · Linux" in page and "Chrome · Windows" in page
    assert page.count("this one") == 1


def test_another_device_is_signed_out_at_its_next_click(
    alice: Operator, desk: Client, elsewhere: Client
) -> None:
    with database.door("web"):
        (other,) = OperatorSession.objects.filter(device="Chrome · Windows")

    desk.post(f"/account/devices/{other.pk}/end/")

    assert not is_in(elsewhere)
    assert is_in(desk)
    assert "operator.session_ended" in acts(alice)


def test_everywhere_else_is_signed_out_with_one_click(desk: Client, elsewhere: Client) -> None:
    """Case 60: log out everywhere."""
    third = Client()
    sign_in(third)

    desk.post("/account/devices/end/")

    assert [is_in(browser) for browser in (desk, elsewhere, third)] == [True, False, False]


def test_nobody_ends_the_session_of_somebody_else(workspace: Workspace, desk: Client) -> None:
    with database.door("web"):
        bob = operators.create_operator(email="bob@example.com", name="Bob", password=PASSWORD)
        his = operator_sessions.begin(bob.pk, device="Firefox · Linux")

    desk.post(f"/account/devices/{his}/end/")

    with database.door("web"):
        assert operator_sessions.open_of(bob.pk) != []


def test_a_new_password_signs_every_other_device_out(
    alice: Operator, desk: Client, elsewhere: Client
) -> None:
    answer = desk.post("/account/password/", {"password": "a new horse and a battery"})

    assert answer["Location"] == ACCOUNT
    assert [is_in(desk), is_in(elsewhere)] == [True, False]
    assert sign_in(Client()).status_code == 422
    assert sign_in(Client(), password="a new horse and a battery").status_code == 302
    assert "operator.password_changed" in acts(alice)


@pytest.mark.parametrize("weak", ["short", "password1234", ""])
def test_a_weak_password_is_not_taken(desk: Client, weak: str) -> None:
    assert desk.post("/account/password/", {"password": weak}).status_code == 422
    assert sign_in(Client()).status_code == 302


def test_a_new_password_wants_a_fresh_proof(desk: Client, now: datetime) -> None:
    with clock.stopped(now + timedelta(minutes=5)):
        answer = desk.post("/account/password/", {"password": "a new horse and a battery"})

    assert answer["Location"] == "/account/confirm/"
    assert sign_in(Client()).status_code == 302


def test_who_is_switched_off_is_out_at_the_next_click(alice: Operator, desk: Client) -> None:
    """Case 60: an operator switched off."""
    assert is_in(desk)

    switch_off(alice.pk)

    assert not is_in(desk)


def test_a_role_that_was_taken_away_closes_its_screens_at_the_next_click(
    alice: Operator, desk: Client, workspace: Workspace
) -> None:
    """Case 60: a role taken away."""
    before = desk.get("/console/segments/").status_code
    with database.door("web"):
        operators.take_role(alice, workspace=workspace.pk, role=OperatorRole.Role.MARKETER)

    assert (before, desk.get("/console/segments/").status_code) == (200, 403)


def test_a_key_planted_before_the_sign_in_is_worth_nothing_after_it(alice: Operator) -> None:
    """Case 60: session fixation."""
    with database.door("web"):
        planted = Client()
        session = planted.session
        session["planted"] = True
        session.save()
        key = session.session_key
    victim = Client()
    victim.cookies["candor_console"] = key

    sign_in(victim)

    thief = Client()
    thief.cookies["candor_console"] = key
    assert is_in(victim)
    assert signed_in(thief) is None and not is_in(thief)


def test_a_sign_in_without_a_session_of_ours_opens_nothing(alice: Operator) -> None:
    browser = Client()
    with database.door("web"):
        browser.force_login(alice)  # the cookie alone, past the sign-in page

    assert not is_in(browser)


def test_the_name_is_changed_on_the_account_page(alice: Operator, desk: Client) -> None:
    desk.post("/account/name/", {"name": "Alice Liddell"})

    with database.door("web"):
        alice.refresh_from_db()
    assert alice.name == "Alice Liddell"
    assert desk.post("/account/name/", {"name": ""}).status_code == 422


def test_what_an_operator_changes_about_themself_is_on_the_record_as_theirs(
    alice: Operator, desk: Client
) -> None:
    desk.post("/account/name/", {"name": "Alice Liddell"})
    desk.post("/account/theme/", {"theme": "dark"})

    with database.as_role(Role.AUDIT):
        rows = Inbox.objects.filter(act="accounts_operator.update").order_by("pk")
        found = [(row.actor, json.loads(row.detail)) for row in rows]
    assert found == [
        (f"op:{alice.pk}", {"columns": "name"}),
        (f"op:{alice.pk}", {"columns": "theme"}),
    ]


def test_staying_is_a_sign_of_life(desk: Client, now: datetime) -> None:
    with clock.stopped(now + timedelta(minutes=28)):
        assert desk.get("/account/stay/").status_code == 204
    with clock.stopped(now + timedelta(minutes=57)):
        assert is_in(desk)


def test_what_ended_a_day_ago_is_forgotten_with_the_next_sign_in(
    alice: Operator, desk: Client, now: datetime
) -> None:
    with clock.stopped(now + operator_sessions.ABSOLUTE + timedelta(days=1, seconds=1)):
        sign_in(Client())

    with database.door("web"):
        assert OperatorSession.objects.count() == 1


def test_a_row_copied_to_another_key_is_an_empty_session(
    desk: Client, elsewhere: Client, settings: Any
) -> None:
    with database.door("web"):
        mine = desk.session
        row = mine.model.objects.get(pk=mine.session_key)
        thiefs = elsewhere.session.session_key
        mine.model.objects.filter(pk=thiefs).update(session_data=row.session_data)

    assert signed_in(elsewhere) is None
