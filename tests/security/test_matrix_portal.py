"""The portal opens to a signed-in customer, and shows each only their own."""

from typing import Any

import pytest
from django.test import Client

from audit import queries
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent import explanations
from consent.explanations import Draft
from consent.window import subject_window
from tests.people import EVERYTHING, Customer, Shop, open_shop
from tests.portal.conftest import seal_log, signed_in
from tests.security import matrix
from tests.security.matrix import CUSTOMER, ROUTES
from tests.security.test_matrix import NOTHING, asked, nowhere

pytestmark = pytest.mark.django_db

# Parameters that stand for something of one customer; those that name no object are in the other.
OWN = {"explanation_id", "index"}
FOR_EVERYBODY = {"name", "purpose"}
PORTAL = matrix.opened_by(CUSTOMER)


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Workspace) -> None:
    """Begin each test with every try unspent."""
    valkey.live().flushdb()


def things_of(customer: Customer) -> dict[str, Any]:
    """Give a customer one of everything that has an address in the portal."""
    draft = Draft(
        subject=customer.subject, kind="message", ref="campaign:1", purpose="marketing.email",
        basis="A6-1-a", title="Autumn tea", rule_plain={"en": "You bought tea."}, facts=[],
        choice={},
    )  # fmt: skip
    with database.as_role(Role.WORKER):
        explanations.write_many([draft])
    with database.door("portal"), subject_window(customer.subject, actor="cust:test"):
        kept = explanations.of_subject(customer.subject)[0]
    seal_log()
    with database.door("web"):
        about = queries.about(customer.subject, limit=1)
    return {"explanation_id": kept.pk, "index": about[0].index}


def test_who_is_not_signed_in_is_sent_to_the_portal_s_sign_in_page(shop: Shop) -> None:
    """Case 48: anonymous at the portal."""
    assert len(PORTAL) > 10

    for route in PORTAL:
        for _, answer in asked(Client(), nowhere(route)):
            assert (route.pattern, answer.status_code) == (route.pattern, 303)
            assert answer["Location"].startswith("/my/signin/")


def test_a_customer_opens_every_portal_page_and_nothing_of_the_console(shop: Shop) -> None:
    """Case 48: a customer."""
    mei = shop.welcome("mei", says=EVERYTHING)
    filled = {**NOTHING, **things_of(mei)}

    for route in PORTAL:
        for method, answer in asked(signed_in(mei), route.at(filled), {"field": "email"}):
            told = (route.pattern, method, answer.status_code)
            assert answer.status_code in (200, 302, 303, 422), told
            assert "/signin/" not in answer.headers.get("Location", ""), told
    for route in matrix.console():
        for _, answer in asked(signed_in(mei), nowhere(route)):
            assert answer["Location"].startswith("/account/signin/")


@pytest.mark.parametrize("whose", ["of the same shop", "of another workspace"])
def test_every_portal_address_with_another_customer_s_id_is_not_found(
    shop: Shop, whose: str
) -> None:
    """Case 47."""
    about = [route for route in PORTAL if set(route.parameters) & OWN]
    assert {name for route in PORTAL for name in route.parameters} == OWN | FOR_EVERYBODY
    mei = shop.welcome("mei", says=EVERYTHING)
    mine = things_of(mei)
    if whose == "of the same shop":
        theirs = things_of(shop.welcome("sofia", says=EVERYTHING))
    else:
        theirs = things_of_an_outlet()
    browser = signed_in(mei)

    for route in about:
        own = [answer.status_code for _, answer in asked(browser, route.at(mine))]
        other = [answer.status_code for _, answer in asked(browser, route.at(theirs))]
        nothing = [answer.status_code for _, answer in asked(browser, nowhere(route))]
        assert (route.pattern, own, other, nothing) == (route.pattern, [200], [404], [404])
    assert {ROUTES[route.pattern] for route in about} == {CUSTOMER}


def things_of_an_outlet() -> dict[str, Any]:
    """Return one of everything of a customer of another workspace."""
    with database.as_role(Role.WEB):
        outlet = Workspace.objects.create(
            key="outlet", name="Bob's Outlet", settings={"currency": "USD", "time_zone": "UTC"}
        )
    with database.in_workspace(outlet.pk):
        return things_of(open_shop(outlet).welcome("bea", says=EVERYTHING))
