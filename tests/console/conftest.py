"""Operators at their browsers."""

from collections.abc import Callable

import pytest
from django.test import Client

from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.operators import browser_of

Console = Callable[..., Client]


@pytest.fixture
def console(workspace: Workspace) -> Console:
    """Return a function that signs an operator with these roles in and returns their browser."""

    def sign_in(*roles: OperatorRole.Role) -> Client:
        with database.as_role(Role.WEB):
            number = Operator.objects.count()
            operator = Operator.objects.create(
                email=f"operator-{number}@shop.example", name=f"Operator {number}"
            )
            for role in roles:
                OperatorRole.objects.create(operator=operator, workspace=workspace, role=role)
            return browser_of(operator)

    valkey.live().flushdb()
    return sign_in


@pytest.fixture
def alice(console: Console) -> Client:
    """Return the browser of a marketer."""
    return console(OperatorRole.Role.MARKETER)


@pytest.fixture
def sam(console: Console) -> Client:
    """Return the browser of somebody in customer care."""
    return console(OperatorRole.Role.SUPPORT)


@pytest.fixture
def omar(console: Console) -> Client:
    """Return the browser of a privacy officer."""
    return console(OperatorRole.Role.PRIVACY)


@pytest.fixture
def ada(console: Console) -> Client:
    """Return the browser of a data engineer."""
    return console(OperatorRole.Role.ENGINEER)
