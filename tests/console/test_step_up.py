"""A fresh proof before what cannot be taken back: asked for, counted, and the act goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from cdp.accounts.models import Operator, OperatorRole
from cdp.console import step_up
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from tests.accounts.door import acts
from tests.operators import browser_of
from tests.people import EVERYTHING, Customer, Shop

pytestmark = pytest.mark.django_db

CONFIRM, ONWARD = "/account/confirm/", "/account/confirm/onward/"
PASSWORD = "correct horse battery"
Console = Callable[..., Client]


@pytest.fixture
def sams(console: Console) -> Operator:
    """Return Sam of customer care."""
    console(OperatorRole.Role.SUPPORT)
    with database.as_role(Role.WEB):
        operator: Operator = Operator.objects.get()
        operator.password = make_password(PASSWORD)
        operator.save(update_fields=["password"])
    return operator


@pytest.fixture
def mei(shop: Shop) -> Customer:
    """Return a customer who permits everything."""
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def late(sams: Operator) -> Client:
    """Return Sam's browser, with a proof that is long past."""
    with database.as_role(Role.WEB):
        return browser_of(sams, proven=False)


def reveal(browser: Client, customer: Customer, **headers: str) -> Any:
    """Press the button that shows a contact detail."""
    return browser.post(
        f"/console/profiles/{customer.subject}/contact/",
        {"field": "email", "reason": "order 4711"},
        headers={"Referer": f"http://testserver/console/profiles/{customer.subject}/", **headers},
    )


def test_a_late_reveal_waits_for_a_proof_and_then_goes_on_with_its_values(
    late: Client, sams: Operator, mei: Customer
) -> None:
    held = reveal(late, mei)
    shown_early = mei.email in held.content.decode()
    asked = late.get(CONFIRM)
    proven = late.post(CONFIRM, {"password": PASSWORD})
    onward = late.get(ONWARD).content.decode()
    revealed = reveal(late, mei)

    assert (held["Location"], shown_early) == (CONFIRM, False)
    assert f"/console/profiles/{mei.subject}/" in asked.content.decode(), "the way back"
    assert proven["Location"] == ONWARD
    assert f'action="/console/profiles/{mei.subject}/contact/"' in onward
    assert '<input type="hidden" name="field" value="email">' in onward
    assert '<input type="hidden" name="reason" value="order 4711">' in onward
    assert mei.email in revealed.content.decode()
    assert acts(sams) == ["operator.confirmed"]


def test_looking_at_the_masked_details_wants_no_proof(late: Client, mei: Customer) -> None:
    assert late.get(f"/console/profiles/{mei.subject}/contact/").status_code == 200


def test_a_part_of_a_page_is_sent_to_the_whole_page_that_asks(late: Client, mei: Customer) -> None:
    held = reveal(late, mei, **{"HX-Request": "true"})

    assert (held.status_code, held["HX-Redirect"]) == (200, CONFIRM)


def test_a_proof_counts_for_five_minutes(sams: Operator, mei: Customer) -> None:
    now = clock.now()
    with clock.stopped(now), database.as_role(Role.WEB):
        browser = browser_of(sams)

    with clock.stopped(now + timedelta(minutes=4, seconds=59)):
        in_time = reveal(browser, mei).status_code
    with clock.stopped(now + timedelta(minutes=5)):
        late = reveal(browser, mei)["Location"]
    with clock.stopped(now - timedelta(minutes=1)):
        from_the_future = reveal(browser, mei)["Location"]

    assert (in_time, late, from_the_future) == (200, CONFIRM, CONFIRM)


def test_what_waits_goes_on_once(late: Client, mei: Customer) -> None:
    reveal(late, mei)
    late.post(CONFIRM, {"password": PASSWORD})
    late.get(ONWARD)

    assert late.get(ONWARD)["Location"] == "/console/"


def test_a_wrong_password_lets_nothing_go_on(late: Client, sams: Operator, mei: Customer) -> None:
    reveal(late, mei)

    refused = late.post(CONFIRM, {"password": "wrong horse battery"})
    onward = late.get(ONWARD)

    assert refused.status_code == 422
    assert reveal(late, mei)["Location"] == CONFIRM
    assert onward["Location"] == CONFIRM
    assert acts(sams) == ["operator.proof_refused"]


def test_five_wrong_passwords_begin_a_pause(late: Client, sams: Operator) -> None:
    """Case 51: proofs are counted like sign-ins."""
    wrong = [late.post(CONFIRM, {"password": "wrong"}).status_code for _ in range(6)]

    locked = late.post(CONFIRM, {"password": PASSWORD})

    assert wrong == [422] * 5 + [429]
    assert locked.status_code == 429
    assert acts(sams) == ["operator.proof_refused"] * 5 + ["operator.locked"]


def test_the_session_gets_a_new_key_with_the_proof(late: Client) -> None:
    former = late.cookies["candor_console"].value

    late.post(CONFIRM, {"password": PASSWORD})

    assert late.cookies["candor_console"].value != former


def test_what_waits_is_sealed_in_the_database(late: Client, mei: Customer) -> None:
    reveal(late, mei)

    with database.as_role(Role.WEB):
        session = late.session
        kept = session.model.objects.get(pk=session.session_key).session_data
        assert "order 4711" in str(dict(session.items()))
    assert "order" not in kept and "waiting" not in kept


def test_a_form_that_is_too_long_to_keep_is_filled_in_again(late: Client, mei: Customer) -> None:
    page = f"/console/profiles/{mei.subject}/"
    late.post(
        f"{page}contact/",
        {"field": "email", "reason": "x" * (step_up.MOST_CHARACTERS + 1)},
        headers={"Referer": f"http://testserver{page}"},
    )
    late.post(CONFIRM, {"password": PASSWORD})

    assert late.get(ONWARD)["Location"] == page


@pytest.mark.parametrize(
    "referrer", ["https://evil.example/x", "//evil.example/x", "", "javascript:x"]
)
def test_the_way_back_stays_on_this_host(late: Client, mei: Customer, referrer: str) -> None:
    """Case 58: no way leads off the site."""
    late.post(
        f"/console/profiles/{mei.subject}/contact/",
        {"field": "email"},
        headers={"Referer": referrer},
    )

    assert 'href="/console/"' in late.get(CONFIRM).content.decode()


def test_a_path_that_reads_as_another_host_does_not_lead_there(late: Client, mei: Customer) -> None:
    """Case 58: no way leads off the site."""
    late.post(
        f"/console/profiles/{mei.subject}/contact/",
        {"field": "email"},
        headers={"Referer": "http://testserver//evil.example/x"},
    )

    assert 'href="/%2Fevil.example/x"' in late.get(CONFIRM).content.decode()


def test_strangers_are_not_asked_for_a_proof_but_for_their_name(mei: Customer) -> None:
    assert "/account/signin/" in reveal(Client(), mei)["Location"]
    assert "/account/signin/" in Client().get(CONFIRM)["Location"]
