"""Signing in by a link or its code: one answer for all, one browser, one use."""

import re
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from audit.models import Inbox
from cdp.accounts.models import CustomerSession, SignInLink, SignInRequest
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from cdp.portal import signin, tasks
from tests.people import Shop
from tests.portal.conftest import Mailbox, work

pytestmark = pytest.mark.django_db


def ask(visitor: Client, email: str) -> Any:
    """Ask for a link to an address."""
    return visitor.post("/my/signin/", {"email": email})


def rows(model: Any) -> int:
    """Count a table of the portal's."""
    with database.door("portal"):
        return int(model.objects.count())


def test_a_link_from_the_message_opens_the_customers_pages(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")

    ask(visitor, mei.email)
    work()
    entered = visitor.post("/my/enter/", {"token": mailbox.newest_token()})

    assert mailbox.recipients == [mei.email]
    assert (entered.status_code, entered["Location"]) == (303, "/my/")
    assert visitor.get("/my/").status_code == 200


def test_the_code_from_the_message_does_the_same_without_javascript(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")

    ask(visitor, mei.email)
    work()
    entered = visitor.post("/my/enter/", {"code": mailbox.newest_code().lower()})

    assert (entered.status_code, entered["Location"]) == (303, "/my/")


def test_known_and_unknown_addresses_get_the_same_answer(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    """Case 49."""
    mei = shop.welcome("mei")

    known = ask(visitor, mei.email)
    unknown = ask(Client(), "nobody.canary.7f3a@example.com")
    work()

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert known.content == unknown.content
    assert known.cookies.keys() == unknown.cookies.keys()
    assert mailbox.recipients == [mei.email]


def test_opening_the_page_uses_nothing_up(shop: Shop, visitor: Client, mailbox: Mailbox) -> None:
    """Case 50: a scanner."""
    mei = shop.welcome("mei")
    ask(visitor, mei.email)
    work()

    for _ in range(3):  # mail scanners follow links
        assert visitor.get("/my/enter/").status_code == 200

    assert visitor.post("/my/enter/", {"token": mailbox.newest_token()}).status_code == 303


def test_another_browser_is_refused_and_the_link_stays_good(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    """Case 50."""
    mei = shop.welcome("mei")
    ask(visitor, mei.email)
    work()
    token = mailbox.newest_token()

    elsewhere = Client().post("/my/enter/", {"token": token})

    assert elsewhere.status_code == 422
    assert "in which you asked for it" in elsewhere.content.decode()
    assert visitor.post("/my/enter/", {"token": token}).status_code == 303


def test_a_second_press_begins_no_second_session(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    """Case 50."""
    mei = shop.welcome("mei")
    ask(visitor, mei.email)
    work()
    token = mailbox.newest_token()
    binding = visitor.cookies.copy()
    visitor.post("/my/enter/", {"token": token})

    again = Client()
    again.cookies = binding
    refused = again.post("/my/enter/", {"token": token})

    assert refused.status_code == 422
    assert rows(CustomerSession) == 1


def test_a_fourth_request_within_ten_minutes_is_silently_dropped(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")

    answers = [ask(visitor, mei.email) for _ in range(4)]

    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert rows(SignInRequest) == 3


def test_neither_a_link_is_asked_for_nor_a_code_tried_while_tries_cannot_be_counted(
    shop: Shop, visitor: Client, mailbox: Mailbox, valkey_away: None
) -> None:
    mei = shop.welcome("mei")

    asked = ask(visitor, mei.email)
    entered = visitor.post("/my/enter/", {"code": "2222-2222"})

    assert (asked.status_code, entered.status_code) == (503, 503)
    assert "Signing in is paused" in asked.content.decode()
    assert rows(SignInRequest) == 0


def test_a_worker_that_comes_too_late_sends_nothing(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")
    ask(visitor, mei.email)

    with clock.stopped(clock.now() + timedelta(minutes=11)):
        work()

    assert mailbox.messages == []


def test_a_broker_that_is_down_costs_the_visitor_nothing(
    shop: Shop,
    visitor: Client,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Case 37."""
    mei = shop.welcome("mei")
    nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
    nowhere.conf.task_publish_retry_policy = {"max_retries": 0}
    lost = nowhere.task(tasks.send_sign_in_links.run, name="lost")
    monkeypatch.setattr(signin, "send_sign_in_links", lost)

    with database.door("portal"), django_capture_on_commit_callbacks(execute=True) as woken:
        answer = ask(visitor, mei.email)
    work()  # as the schedule does a moment later

    assert (answer.status_code, len(woken)) == (303, 1)
    assert mailbox.recipients == [mei.email]


def test_sending_twice_sends_once(shop: Shop, visitor: Client, mailbox: Mailbox) -> None:
    mei = shop.welcome("mei")
    ask(visitor, mei.email)

    work()
    work()

    assert len(mailbox.messages) == 1


def test_a_closed_relay_costs_the_link_and_nothing_else(
    shop: Shop, visitor: Client, settings: Any
) -> None:
    mei = shop.welcome("mei")
    settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", 1
    ask(visitor, mei.email)

    work()

    assert rows(SignInLink) == 1


def test_an_unreadable_address_is_said_so_and_not_stored(shop: Shop, visitor: Client) -> None:
    answer = ask(visitor, "mei at home")

    assert answer.status_code == 422
    assert rows(SignInRequest) == 0


def test_the_request_holds_no_address(shop: Shop, visitor: Client) -> None:
    mei = shop.welcome("mei")

    ask(visitor, mei.email)

    with database.door("portal"):
        row = SignInRequest.objects.values().get()
    assert not any(b"canary" in bytes(row[name]) for name in ("blind", "browser"))


def test_signing_in_is_on_the_record(shop: Shop, visitor: Client, mailbox: Mailbox) -> None:
    mei = shop.welcome("mei")
    ask(visitor, mei.email)
    work()
    visitor.post("/my/enter/", {"token": mailbox.newest_token()})

    with database.as_role(Role.AUDIT):
        acts = set(Inbox.objects.filter(subject=mei.subject).values_list("act", flat=True))

    assert {"vault.open", "customer.sign_in"} <= acts


def test_signing_out_ends_the_session_everywhere(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")
    ask(visitor, mei.email)
    work()
    visitor.post("/my/enter/", {"token": mailbox.newest_token()})
    stolen = Client()
    stolen.cookies = visitor.cookies.copy()

    visitor.post("/my/signout/")

    for each in (visitor, stolen):
        assert each.get("/my/")["Location"] == "/my/signin/"


def test_the_message_comes_in_the_readers_language(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")
    visitor.cookies["candor_language"] = "zh-hans"

    ask(visitor, mei.email)

    with database.door("portal"):
        assert SignInRequest.objects.get().language == "zh-hans"


def test_no_page_of_the_sign_in_carries_a_token_in_its_address(
    shop: Shop, visitor: Client, mailbox: Mailbox
) -> None:
    mei = shop.welcome("mei")
    asked = ask(visitor, mei.email)
    work()
    token = mailbox.newest_token()
    page = visitor.get("/my/enter/")

    assert "#" not in asked["Location"] and "?" not in asked["Location"]
    assert token not in page.content.decode()
    # "no-referrer" would make browsers send the origin "null", which the CSRF check refuses
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "no-store"
    assert not re.search(rf"[?/]{re.escape(token)}", mailbox.text())
