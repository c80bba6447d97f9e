"""Asking for an approval, taking it back, changing what was asked for."""

from datetime import timedelta
from typing import Any

import pytest

from audit.actors import Actor
from cdp.accounts.models import Notification, OperatorRole
from cdp.approvals import ask, decide, expire, find
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from tests.approvals.conftest import Team

SNAPSHOT = {"template": "Spring v3", "segment": "Tea lovers"}


def asks(actor: Actor, **changed: Any) -> Approval:
    given: dict[str, Any] = {
        "obj": "campaign:1", "title": "Spring sale", "snapshot": SNAPSHOT, "people": 9437,
        "reason": "spring push", "actor": actor,
    }  # fmt: skip
    return ask.ask(Kind.CAMPAIGN_LAUNCH, **given | changed)


def acts() -> list[str]:
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT act FROM audit_inbox WHERE act LIKE 'approval.%%' ORDER BY id")
        return [act for (act,) in sql.fetchall()]


def test_who_may_decide_is_told_and_the_asking_is_on_the_record(team: Team) -> None:
    asked = asks(team.alice)

    told = Notification.objects.filter(kind="approval.asked").values_list("operator_id", flat=True)
    assert {str(Actor.operator(one)) for one in told} == set(
        map(str, [team.anna, team.li, team.omar])
    )
    assert find.waiting() == [asked]
    assert acts() == ["approval.asked"]


def test_asking_twice_for_the_same_asks_once(team: Team) -> None:
    first = asks(team.alice)

    again = asks(team.alice)

    assert again.pk == first.pk
    assert acts() == ["approval.asked"]


def test_asking_for_something_else_overtakes_what_was_asked_before(team: Team) -> None:
    first = asks(team.alice)

    second = asks(team.alice, snapshot={**SNAPSHOT, "template": "Spring v4"})

    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "asked")
    assert acts() == ["approval.asked", "approval.superseded", "approval.asked"]


def test_many_more_people_are_something_else_and_a_few_are_not(team: Team) -> None:
    first = asks(team.alice)

    a_few = asks(team.alice, people=9500)
    many = asks(team.alice, people=12000)

    assert a_few.pk == first.pk
    assert many.pk != first.pk


def test_a_change_overtakes_even_what_is_approved(team: Team) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)

    ask.overtake(Kind.CAMPAIGN_LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, actor=team.alice)
    asked.refresh_from_db()
    unchanged = asked.state
    ask.overtake(
        Kind.CAMPAIGN_LAUNCH, obj="campaign:1", snapshot={"template": "v4"}, actor=team.alice
    )
    asked.refresh_from_db()

    assert (unchanged, asked.state) == ("approved", "superseded")


def test_only_who_asked_takes_it_back(team: Team) -> None:
    asked = asks(team.alice)

    with pytest.raises(ask.NotTheAsker):
        ask.withdraw(asked.pk, actor=team.li)
    ask.withdraw(asked.pk, actor=team.alice)

    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    with pytest.raises(ask.ApprovalOver):
        ask.withdraw(asked.pk, actor=team.alice)


def test_a_workspace_with_one_operator_is_told_the_way_out(team: Team) -> None:
    OperatorRole.objects.exclude(operator_id=team.alice.name).delete()

    with pytest.raises(ask.NobodyToAsk, match="Invite one under Settings"):
        asks(team.alice)

    assert Approval.objects.count() == 0


def test_what_nobody_decided_in_72_hours_runs_out_and_the_asker_hears_of_it(team: Team) -> None:
    asked_at = clock.now()
    with clock.stopped(asked_at):
        asked = asks(team.alice)
    kept = asks(team.alice, obj="campaign:2")
    later = asked_at + timedelta(hours=72)

    with database.as_role(Role.WORKER):
        ended = expire.expire(as_of=later - timedelta(seconds=1)), expire.expire(as_of=later)

    asked.refresh_from_db()
    assert ended == (0, 1)
    assert asked.state == "expired"
    assert Approval.objects.get(pk=kept.pk).state == "asked"
    told = Notification.objects.get(kind="approval.decided")
    assert (str(told.operator_id), told.params["state"]) == (team.alice.name, "expired")
