"""Owners and keys at the same moment, in transactions of their own."""

from datetime import timedelta
from uuid import UUID

from pytest_django.plugin import DjangoDbBlocker

from cdp.accounts import api_keys, invitations, operators, team
from cdp.accounts.models import ApiKey, Operator
from cdp.accounts.permissions import Role
from cdp.kernel import clock, database
from cdp.kernel.roles import Role as Login
from tests.approvals.test_together import at_once
from tests.consent.committed import committed_shop
from tests.servers import Servers

PASSWORDS = ("correct horse battery", "another long password", "and one more of them")
OWNERS = 5


def test_owners_who_take_each_other_s_role_leave_one_and_links_and_keys_are_used_once(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        committed_shop(servers, django_db_blocker, "team_at_once") as shop,
        database.as_role(Login.WEB),
    ):
        here = shop.workspace.pk
        ring = [_owner(f"owner{n}", here) for n in range(OWNERS)]
        taken = at_once(here, *(
            lambda by=by, whom=whom: team.take(
                whom.pk, role=Role.ADMINISTRATOR, workspace=here, by=by.pk
            )
            for by, whom in zip(ring, [*ring[1:], ring[0]])
        ))  # fmt: skip
        left = team.owners(here)

        token = invitations.invite(email="li@shop.example", name="Li", workspace=here).token or ""
        joined = at_once(here, *(
            lambda password=password: invitations.accept(token, password=password)
            for password in PASSWORDS
        ))  # fmt: skip

        now = clock.now()
        key = api_keys.issue(
            workspace=here, name="sync", scopes=["jobs:read"], purposes=[],
            expires_at=now + timedelta(days=30),
        ).key  # fmt: skip
        replaced = at_once(here, *(
            lambda: api_keys.rotate(
                key.pk, workspace=here, overlap=timedelta(days=1),
                expires_at=now + timedelta(days=30),
            )
            for _ in range(3)
        ))  # fmt: skip
        keys = ApiKey.objects.count()

    assert (len(left), taken.count("last_owner")) == (1, 1)
    assert joined == ["done", "invitation_over", "invitation_over"]
    assert (replaced, keys) == (["done", "key_over", "key_over"], 2)


def _owner(name: str, workspace: UUID) -> Operator:
    made = operators.create_operator(email=f"{name}@shop.example", name=name, password=PASSWORDS[0])
    operators.grant_role(made, workspace=workspace, role=Role.ADMINISTRATOR)
    return made
