"""Every address answers as the matrix says, and no address is without a line in it."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from cdp.accounts.models import Operator, OperatorRole
from cdp.accounts.permissions import PERMISSIONS, Role
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from tests.operators import browser_of
from tests.security import matrix, permissions_page
from tests.security.matrix import ANY_ROLE, CUSTOMER, OPERATOR, ROUTES, Route

NOBODY = UUID(int=7)
# What fills an address that is about nothing that exists.
NOTHING = {
    "tab": "timeline", "act": "pause", "model": "rfm", "index": 4711, "role": "viewer",
    "pk": 4711, "name": "purchase", "purpose": "marketing.email", "token": "x", "kind": "track",
    "place": "0/000", "use": "kek", "key_id": 4711, "ending": "retirement",
}  # fmt: skip
SIGN_IN = "/account/signin/"


def nowhere(route: Route) -> str:
    """Return the address of something that does not exist."""
    return route.at({name: NOTHING.get(name, NOBODY) for name in route.parameters})


def asked(
    browser: Client, path: str, form: Mapping[str, str] | None = None
) -> Iterator[tuple[str, HttpResponse]]:
    """Look and act; a method that an address does not take says nothing about who may."""
    for method, ask in (("GET", browser.get), ("POST", browser.post)):
        answer: Any = ask(path, form)
        if answer.status_code != 405:
            yield method, answer


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Workspace) -> None:
    """Begin each test with every try unspent."""
    valkey.live().flushdb()


def of(workspace: Workspace, *roles: Role) -> Client:
    """Return the browser of an operator with these roles."""
    with database.door("web"):
        operator = Operator.objects.create(
            email=f"{'-'.join(roles) or 'charlie'}@shop.example", name="Somebody"
        )
        for role in roles:
            OperatorRole.objects.create(operator=operator, workspace=workspace, role=role)
        return browser_of(operator)


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    found = {route.pattern for route in matrix.routes()}

    assert found - ROUTES.keys() == set(), "give it a line in tests/security/matrix.py"
    assert ROUTES.keys() - found == set(), "no such address any more"


def test_a_console_view_asks_for_what_its_line_says() -> None:
    asks = {route.pattern: route.permission for route in matrix.console()}

    assert asks == {pattern: ROUTES[pattern] for pattern in asks}
    known = {ANY_ROLE}.union(*PERMISSIONS.values())
    assert {part for each in asks.values() for part in each.split()} <= known


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(workspace: Workspace) -> None:
    """Case 48: anonymous."""
    for route in matrix.console():
        answers = dict(asked(Client(), nowhere(route)))

        assert answers, route.pattern
        for answer in answers.values():
            assert (route.pattern, answer.status_code) == (route.pattern, 302)
            assert answer["Location"].startswith(SIGN_IN)


@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_a_role_opens_what_it_holds_and_nothing_else(
    workspace: Workspace, role: Role | None
) -> None:
    """Case 48: each role."""
    held = PERMISSIONS[role] | {ANY_ROLE} if role else frozenset[str]()
    browser = of(workspace, *([role] if role else []))

    wrong = {
        (method, route.pattern): answer.status_code
        for route in matrix.console()
        for method, answer in asked(browser, nowhere(route))
        if (answer.status_code == 403) == route.opens_with(held)
        or (answer.status_code == 302 and answer["Location"].startswith(SIGN_IN))
        or answer.status_code >= 500
    }

    assert wrong == {}


def test_the_account_pages_open_to_a_signed_in_operator_alone(workspace: Workspace) -> None:
    """Case 48: the account."""
    own = matrix.opened_by(OPERATOR)
    assert len(own) > 10

    for route in own:
        for _, answer in asked(Client(), nowhere(route)):
            assert (route.pattern, answer.status_code) == (route.pattern, 302)
            assert answer["Location"].startswith(SIGN_IN)
    charlie = of(workspace)
    with database.door("web"):
        me = Operator.objects.get(email="charlie@shop.example")
    for route in own:
        places = [
            answer.headers.get("Location", "") for _, answer in asked(charlie, nowhere(route))
        ]
        assert not all(place.startswith(SIGN_IN) for place in places), route.pattern
        with database.door("web"):
            charlie = browser_of(me)  # some of these pages end sessions


def test_no_operator_opens_a_portal_page(workspace: Workspace) -> None:
    """Case 48: an operator's session is none of a customer."""
    browser = of(workspace, *Role)
    portal = matrix.opened_by(CUSTOMER)
    assert len(portal) > 10

    for route in portal:
        for _, answer in asked(browser, nowhere(route)):
            assert (route.pattern, answer.status_code) == (route.pattern, 303)
            assert answer["Location"].startswith("/my/signin/")


def test_the_page_of_roles_and_permissions_is_current() -> None:
    assert permissions_page.PAGE.read_text() == permissions_page.page(), "run: make docs"
