"""Two operators at the same moment, in transactions of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import ask, decide, require
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role
from tests.consent.committed import committed_shop
from tests.servers import Servers

Roles = OperatorRole.Role
ONCE = 1
DECIDERS = 6


def at_once(workspace: UUID, *acts: object) -> list[str]:
    """Let these acts happen together, each in a thread and a connection of its own."""
    gate = Barrier(len(acts))

    def one(act: object) -> str:
        try:
            with database.as_role(Role.WEB), database.in_workspace(workspace):
                gate.wait(timeout=20)
                with database.atomic():
                    act()  # type: ignore[operator]
        except CdpError as refused:
            return refused.code
        finally:
            connections["default"].close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as threads:
        return sorted(threads.map(one, acts))


def hire(workspace: UUID, name: str, *roles: Roles) -> Actor:
    operator = Operator.objects.create(email=f"{name}@shop.example", name=name)
    for role in roles:
        OperatorRole.objects.create(operator=operator, workspace_id=workspace, role=role)
    return Actor.operator(operator.pk)


def test_of_decisions_at_the_same_moment_one_counts_and_an_approval_is_used_once(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        committed_shop(servers, django_db_blocker, "approvals_together") as shop,
        database.as_role(Role.WEB),
    ):
        here = shop.workspace.pk
        alice = hire(here, "alice", Roles.MARKETER)
        deciders = [hire(here, f"li{n}", Roles.VIEWER, Roles.APPROVER) for n in range(DECIDERS)]
        asked = ask.ask(
            Kind.CAMPAIGN_LAUNCH, obj="campaign:1", title="Spring", snapshot={"v": 1},
            people=6000, reason="spring", actor=alice,
        )  # fmt: skip

        decided = at_once(here, *(
            (lambda actor=actor: decide.approve(asked.pk, now_is={"v": 1}, actor=actor))
            for actor in deciders
        ))  # fmt: skip
        used = at_once(here, *(
            lambda: require.require(
                Kind.CAMPAIGN_LAUNCH, obj="campaign:1", snapshot={"v": 1}, people=1, actor=alice
            )
            for _ in range(DECIDERS)
        ))  # fmt: skip
        with database.cursor() as sql, database.as_role(Role.AUDIT):
            sql.execute(
                "SELECT act, count(*) FROM audit_inbox WHERE act LIKE 'approval.%%' GROUP BY 1"
            )
            entries = dict(sql.fetchall())
        final = Approval.objects.get(pk=asked.pk)

    assert decided == ["approval_over"] * (DECIDERS - ONCE) + ["done"]
    assert used == ["approval_needed"] * (DECIDERS - ONCE) + ["done"]
    assert entries == {"approval.asked": 1, "approval.approved": 1, "approval.used": 1}
    assert (final.state, final.used_at is not None) == ("approved", True)
