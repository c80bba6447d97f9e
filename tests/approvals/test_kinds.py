"""Which acts take two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.accounts.permissions import WORDS
from cdp.approvals import kinds
from cdp.approvals.kinds import Kind

LIMITS = ((Kind.CAMPAIGN_LAUNCH, 5000), (Kind.EXPORT, 1000), (Kind.ERASE, 1))


@pytest.mark.parametrize(("kind", "enough"), LIMITS)
def test_an_act_takes_two_from_one_person_above_its_limit_on(kind: Kind, enough: int) -> None:
    assert not kinds.is_needed(kind, people=enough, settings={})
    assert kinds.is_needed(kind, people=enough + 1, settings={})


@pytest.mark.parametrize("kind", [Kind.KEY_RETIRE, Kind.KEY_DESTROY, Kind.ROLE_GRANT])
def test_keys_and_roles_always_take_two_whatever_a_workspace_says(kind: Kind) -> None:
    assert kinds.is_needed(kind, people=0, settings={})
    assert kinds.is_needed(kind, people=0, settings={"approval_above": {kind: 10}})


def test_a_workspace_sets_its_own_limit() -> None:
    own = {"approval_above": {"campaign.launch": 20}}

    assert kinds.is_needed(Kind.CAMPAIGN_LAUNCH, people=21, settings=own)
    assert not kinds.is_needed(Kind.CAMPAIGN_LAUNCH, people=20, settings=own)
    assert kinds.limit(Kind.EXPORT, settings=own) == 1000


@pytest.mark.parametrize("written", [-1, "many", None])
def test_a_limit_that_is_no_number_leaves_the_default(written: object) -> None:
    own = {"approval_above": {"export": written}}

    assert kinds.limit(Kind.EXPORT, settings=own) == 1000


def test_an_approval_covers_one_in_a_hundred_people_more() -> None:
    assert [kinds.most(people) for people in (0, 99, 100, 9437)] == [0, 99, 101, 9531]


FACTS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=5)


@given(facts=FACTS, other=FACTS)
def test_two_snapshots_have_one_digest_exactly_when_they_say_the_same(
    facts: dict[str, str | int], other: dict[str, str | int]
) -> None:
    shuffled = dict(reversed(facts.items()))

    assert kinds.digest(shuffled) == kinds.digest(facts)
    assert (kinds.digest(facts) == kinds.digest(other)) is (facts == other)


def test_every_kind_is_decided_with_permissions_that_exist() -> None:
    assert set(kinds.DECIDED_WITH) == set(Kind)
    assert {each for needed in kinds.DECIDED_WITH.values() for each in needed} <= set(WORDS)
