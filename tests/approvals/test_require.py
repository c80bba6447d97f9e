"""Acting on an approval."""

from datetime import timedelta

import pytest

from audit.actors import Actor
from cdp.approvals import ask, decide, require
from cdp.approvals.kinds import Kind
from cdp.kernel import clock
from tests.approvals.conftest import Team
from tests.approvals.test_ask import SNAPSHOT, acts, asks

LAUNCH = Kind.CAMPAIGN_LAUNCH


def test_who_asked_acts_once(team: Team) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)

    used = require.require(
        LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, people=9500, actor=team.alice
    )

    assert used.pk == asked.pk
    assert acts() == ["approval.asked", "approval.approved", "approval.used"]
    with pytest.raises(require.ApprovalNeeded):
        require.require(LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, actor=team.alice)


def test_asked_is_not_approved(team: Team) -> None:
    asks(team.alice)

    with pytest.raises(require.ApprovalNeeded, match="Ask for it first"):
        require.require(LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, actor=team.alice)


@pytest.mark.parametrize(
    "changed",
    [
        {"snapshot": {"template": "Spring v4"}},
        {"people": 9532},  # 9437 were approved: one in a hundred more is 9531
        {"obj": "campaign:2"},
    ],
)
def test_nothing_else_than_what_was_approved_is_done(
    team: Team, changed: dict[str, object]
) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)
    approved: dict[str, object] = {
        "obj": "campaign:1", "snapshot": SNAPSHOT, "people": 9531, "actor": team.alice,
    }  # fmt: skip

    with pytest.raises(require.ApprovalNeeded):
        require.require(LAUNCH, **{**approved, **changed})  # type: ignore[arg-type]

    require.require(LAUNCH, **approved)  # type: ignore[arg-type]


def test_nobody_but_who_asked_acts_on_it_not_even_who_approved(team: Team) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.anna)

    with pytest.raises(require.ApprovalNeeded):
        require.require(LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, actor=team.anna)


def test_an_approval_runs_out(team: Team) -> None:
    asked = asks(team.alice)
    decide.approve(asked.pk, now_is=SNAPSHOT, actor=team.li)

    with (
        clock.stopped(clock.now() + timedelta(hours=73)),
        pytest.raises(require.ApprovalNeeded),
    ):
        require.require(LAUNCH, obj="campaign:1", snapshot=SNAPSHOT, actor=team.alice)


def test_a_command_on_the_server_names_the_approval_of_two_operators(team: Team) -> None:
    asked = asks(team.omar, snapshot={"key": 3})
    shell = Actor.system("keys")
    named = {"kind": LAUNCH, "obj": "campaign:1", "actor": shell}

    with pytest.raises(ask.ApprovalOver):
        require.require_named(asked.pk, snapshot={"key": 3}, **named)  # type: ignore[arg-type]
    decide.approve(asked.pk, now_is={"key": 3}, actor=team.li)
    with pytest.raises(require.ApprovalNeeded):
        require.require_named(asked.pk, snapshot={"key": 4}, **named)  # type: ignore[arg-type]
    require.require_named(asked.pk, snapshot={"key": 3}, **named)  # type: ignore[arg-type]

    with pytest.raises(ask.ApprovalOver):
        require.require_named(asked.pk, snapshot={"key": 3}, **named)  # type: ignore[arg-type]


def test_a_workspaces_own_limit_counts(team: Team) -> None:
    assert not require.is_needed(LAUNCH, people=5000)
    assert require.is_needed(LAUNCH, people=5001)
    assert require.limit(Kind.ERASE) == 1
