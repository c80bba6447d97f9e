"""Several people are erased only with a second operator's approval of exactly these people."""

from uuid import UUID, uuid4

import pytest

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import decide
from cdp.approvals.ask import ApprovalOver, NobodyToAsk
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import database
from cdp.kernel.roles import Role
from cdp.rights import several
from consent.erasure_file import Line
from tests.people import Customer, Shop
from tests.rights.holdings import Holdings

COMMAND = Actor.system("erase")


@pytest.fixture
def omar(own_shop: Shop) -> Actor:
    """Return the operator who decides."""
    with database.as_role(Role.WEB):
        operator = Operator.objects.create(email="omar@shop.example", name="Omar")
        for role in (OperatorRole.Role.PRIVACY, OperatorRole.Role.APPROVER):
            OperatorRole.objects.create(operator=operator, workspace=own_shop.workspace, role=role)
    return Actor.operator(operator.pk)


@pytest.fixture
def people(own_shop: Shop) -> list[Customer]:
    return [own_shop.welcome(name) for name in ("sofia", "priya")]


def erased(people: list[Customer], *, approval: UUID | None = None) -> list[Line]:
    subjects = [each.subject for each in people]
    with database.as_role(Role.RIGHTS):
        return several.erase_all(subjects, actor=COMMAND, reason="request", approval=approval)


def asked(people: list[Customer]) -> Approval:
    with database.as_role(Role.RIGHTS):
        return several.ask([each.subject for each in people], actor=COMMAND, reason="request")


def approved(people: list[Customer], *, by: Actor) -> UUID:
    waiting = asked(people)
    with database.as_role(Role.WEB):
        decide.approve(waiting.pk, now_is=waiting.snapshot, actor=by)
    return waiting.pk


def test_what_another_operator_approved_is_done(
    people: list[Customer], omar: Actor, holdings: Holdings
) -> None:
    lines = erased(people, approval=approved(people, by=omar))

    assert {line.subject for line in lines} == {each.subject for each in people}
    assert all("profiles_profile" not in holdings.of(each.subject) for each in people)


def test_without_an_approval_nobody_is_erased(
    people: list[Customer], omar: Actor, holdings: Holdings
) -> None:
    waiting = asked(people)

    with pytest.raises(ApprovalNeeded):
        erased(people)
    with pytest.raises(ApprovalOver):
        erased(people, approval=waiting.pk)

    assert all("profiles_profile" in holdings.of(each.subject) for each in people)


def test_one_person_takes_no_approval(people: list[Customer], omar: Actor) -> None:
    assert len(erased(people[:1])) == 1
    assert len(erased(people[1:] * 2)) == 1, "the same person twice is one person"


def test_an_approval_is_for_exactly_these_people(
    own_shop: Shop, people: list[Customer], omar: Actor, holdings: Holdings
) -> None:
    given = approved(people, by=omar)
    others = [people[0], own_shop.welcome("jonas")]

    with pytest.raises(ApprovalNeeded):
        erased(others, approval=given)

    assert all("profiles_profile" in holdings.of(each.subject) for each in others)


def test_an_interrupted_run_goes_on_under_its_approval(people: list[Customer], omar: Actor) -> None:
    given = approved(people, by=omar)
    first = erased(people, approval=given)

    assert erased(list(reversed(people)), approval=given) == list(reversed(first))


def test_where_nobody_may_decide_nothing_is_asked(people: list[Customer]) -> None:
    with pytest.raises(NobodyToAsk):
        asked(people)


def test_an_approval_that_was_never_asked_for_opens_nothing(
    people: list[Customer], omar: Actor
) -> None:
    with pytest.raises(Exception, match="Choose an approval"):
        erased(people, approval=uuid4())
