"""Another workspace's objects are not here: every address with an id, looked at and acted on."""

import pytest
from django.db import transaction
from django.test import Client

from cdp.accounts.models import Operator, OperatorRole
from cdp.accounts.permissions import Role
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from tests.operators import browser_of
from tests.security import matrix
from tests.security.matrix import Route
from tests.security.test_matrix import NOTHING
from tests.security.things import NO_OBJECT, Things, fill, make_things

HTMX = {"HX-Request": "true"}
WITH_AN_OBJECT = [route for route in matrix.console() if set(route.parameters) - NO_OBJECT]


@pytest.fixture
def both(workspace: Workspace) -> tuple[Client, Things, Things]:
    """Return the browser of an operator who may do everything here, our things, and theirs."""
    valkey.live().flushdb()
    with database.door("web"):
        us, they = (
            Operator.objects.create(email=f"{name}@x.example", name=name) for name in ("us", "they")
        )
        outlet = Workspace.objects.create(
            key="outlet", name="Bob's Outlet", settings={"currency": "USD", "time_zone": "UTC"}
        )
        for role in Role:
            OperatorRole.objects.create(operator=us, workspace=workspace, role=role)
        OperatorRole.objects.create(operator=they, workspace=outlet, role=Role.ADMINISTRATOR)
    ours = make_things(workspace, for_operator=us)
    theirs = make_things(outlet, for_operator=they)
    with database.door("web"):
        return browser_of(us), ours, theirs


def statuses(browser: Client, path: str, subject: object) -> dict[str, int]:
    """Look and act, each undone afterwards; leave out methods that the address does not take."""
    found = {}
    for method, ask in (("GET", browser.get), ("POST", browser.post)):
        here = transaction.savepoint()  # no atomic block: a purpose window must be the outermost
        found[method] = ask(path, {"subject": str(subject)}, headers=HTMX).status_code
        transaction.savepoint_rollback(here)
    return {method: status for method, status in found.items() if status != 405}


def test_nothing_of_another_workspace_is_found_at_any_address(
    both: tuple[Client, Things, Things],
) -> None:
    """Case 48: the other workspace."""
    browser, ours, theirs = both
    assert len(WITH_AN_OBJECT) > 25
    wrong = {}

    for route in WITH_AN_OBJECT:
        mine = {**NOTHING, **fill(route.pattern, route.parameters, ours)}
        own = statuses(browser, route.at(mine), ours["subject"])
        if not own or 404 in own.values() or max(own.values()) >= 500:
            wrong[route.pattern] = own  # the control: what is ours is there
        for name, foreign in fill(route.pattern, route.parameters, theirs).items():
            other = statuses(browser, route.at({**mine, name: foreign}), ours["subject"])
            if set(other.values()) != {404}:
                wrong[f"{route.pattern} with their {name}"] = other

    assert wrong == {}


def test_a_parameter_of_a_new_kind_would_be_noticed() -> None:
    route = Route("/console/things/<uuid:thing>/", "any", ("thing",))

    with pytest.raises(KeyError):
        fill(route.pattern, route.parameters, {"runs": {}})
