"""Deciding: one decision, by somebody else, on a frozen copy."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from audit.actors import Actor
from cdp.accounts.models import Notification, Operator, OperatorRole
from cdp.approvals import ask, decide, find
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock, database
from tests.approvals.conftest import Roles, Team
from tests.approvals.test_ask import SNAPSHOT, acts, asks


def test_another_operator_approves_and_the_asker_is_told(team: Team) -> None:
    asked = asks(team.alice)

    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li, comment="go")

    asked.refresh_from_db()
    assert (asked.state, asked.decided_by, asked.comment) == ("approved", str(team.li), "go")
    told = Notification.objects.get(kind="approval.decided")
    assert str(told.operator_id) == team.alice.name
    assert acts() == ["approval.asked", "approval.approved"]


def test_nobody_decides_on_what_they_asked_for_themselves(team: Team) -> None:
    """Case 48: two people, not two presses."""
    asked = asks(team.anna)

    with pytest.raises(decide.NotYoursToDecide):
        decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.anna)

    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)  # the same press by somebody else


def test_who_asked_once_never_decides_when_another_asks_again(team: Team) -> None:
    asks(team.anna)
    asked_again = asks(team.alice, snapshot={**SNAPSHOT, "template": "Spring v4"})

    assert not find.may_decide(asked_again, actor=team.anna)
    assert find.may_decide(asked_again, actor=team.li)


def test_who_may_not_read_it_or_may_not_decide_does_not_decide(team: Team) -> None:
    asked = asks(team.alice)
    viewer = team.hire("val", Roles.VIEWER)

    may = {name: find.may_decide(asked, actor=actor) for name, actor in (
        ("only approves", team.vera), ("only reads", viewer), ("both", team.li),
    )}  # fmt: skip

    assert may == {"only approves": False, "only reads": False, "both": True}


def test_a_disabled_operator_and_one_without_the_role_any_more_decide_no_longer(team: Team) -> None:
    asked = asks(team.alice)
    Operator.objects.filter(pk=team.li.name).update(is_active=False)
    OperatorRole.objects.filter(operator_id=team.omar.name, role=Roles.APPROVER).delete()

    for gone in (team.li, team.omar):
        with pytest.raises(decide.NotYoursToDecide):
            decide.approve(asked.pk, now_is=SNAPSHOT, actor=gone)


def test_whom_a_role_is_for_does_not_decide_on_it(team: Team) -> None:
    owner = team.hire("ole", Roles.ADMINISTRATOR)
    second, friend = (team.hire(name, Roles.ADMINISTRATOR) for name in ("olga", "otto"))

    asked = ask.ask(
        Kind.ROLE_GRANT, obj=f"role:{friend.name}/support", title="Support for Otto",
        snapshot={"role": "support"}, reason="helps", actor=owner, barred=[friend],
    )  # fmt: skip

    assert not find.may_decide(asked, actor=friend)
    assert find.may_decide(asked, actor=second)


def test_a_rejection_gives_a_reason(team: Team) -> None:
    asked = asks(team.alice)

    with pytest.raises(decide.NoComment):
        decide.reject(asked.pk, actor=team.li, comment="  ")
    decide.reject(asked.pk, actor=team.li, comment="too early")

    asked.refresh_from_db()
    assert (asked.state, asked.comment) == ("rejected", "too early")


def test_what_was_changed_is_not_approved_and_ends_as_superseded(team: Team) -> None:
    asked = asks(team.alice)

    with pytest.raises(decide.ChangedSince):
        decide.approve(asked.pk, now_is={**SNAPSHOT, "template": "Spring v4"}, actor=team.li)

    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("superseded", "")


def test_there_is_one_decision(team: Team) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)

    with pytest.raises(ask.ApprovalOver):
        decide.reject(asked.pk, actor=team.omar, comment="no")

    asked.refresh_from_db()
    assert asked.state == "approved"


def test_nothing_is_decided_after_its_time(team: Team) -> None:
    asked = asks(team.alice)

    with clock.stopped(clock.now() + timedelta(hours=72, seconds=1)):
        with pytest.raises(ask.ApprovalOver):
            decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)
        waiting = find.waiting()

    assert waiting == []


def test_the_database_itself_takes_no_decision_by_who_asked(team: Team) -> None:
    asked = asks(team.alice)

    with pytest.raises(IntegrityError, match="approvals_two_people"), database.atomic():
        Approval.objects.filter(pk=asked.pk).update(state="approved", decided_by=str(team.alice))
    with pytest.raises(IntegrityError, match="decided_by_somebody"), database.atomic():
        Approval.objects.filter(pk=asked.pk).update(state="approved")


def test_another_workspaces_operator_decides_nothing(team: Team) -> None:
    asked = asks(team.alice)

    assert not find.may_decide(asked, actor=Actor.operator(Operator.objects.create(
        email="x@outlet.example", name="X").pk))  # fmt: skip
