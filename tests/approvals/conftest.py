"""A workspace of operators who ask and decide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role

Roles = OperatorRole.Role


@dataclass(frozen=True, slots=True)
class Team:
    """Alice and Anna send; Li and Omar approve; Vera only approves and may read nothing."""

    alice: Actor
    anna: Actor
    li: Actor
    omar: Actor
    vera: Actor
    hire: Callable[..., Actor]


@pytest.fixture
def team(workspace: Workspace) -> Iterator[Team]:
    """Return the team, with the console's database role taken on."""

    def hire(name: str, *roles: Roles) -> Actor:
        operator = Operator.objects.create(email=f"{name}@shop.example", name=name.title())
        for role in roles:
            OperatorRole.objects.create(operator=operator, workspace=workspace, role=role)
        return Actor.operator(operator.pk)

    with database.as_role(Role.WEB):
        yield Team(
            alice=hire("alice", Roles.MARKETER),
            anna=hire("anna", Roles.MARKETER, Roles.APPROVER),
            li=hire("li", Roles.VIEWER, Roles.APPROVER),
            omar=hire("omar", Roles.PRIVACY, Roles.APPROVER),
            vera=hire("vera", Roles.APPROVER),
            hire=hire,
        )
