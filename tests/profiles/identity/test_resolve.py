"""
Who is who: chains of shared identifiers make one person, and one person has one account.

Where no account limit bites, the people are the connected components of the graph, whatever the
order and the batches in which events arrive. Where it bites, the first come keeps the shared
identifier, so there the order counts; what holds in any order is written below.
"""

from collections.abc import Iterator, Sequence
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Origin, Workspace
from cdp.kernel.protected import ALL_BITS, Category
from cdp.kernel.roles import Role
from consent import ledger
from profiles.events.clean import CleanEvent, Identifier
from profiles.identity import resolve
from profiles.models import Identifier as Stored
from profiles.models import Merge
from profiles.vault import index
from tests.profiles.identity.graph import components

SOURCE = UUID("0198c0de-0000-7000-8000-0000000000f1")
TRUST = ("user_id", "email", "phone", "anonymous_id")
Ids = tuple[tuple[str, str], ...]


def event(*ids: tuple[str, str], subject: UUID | None = None) -> CleanEvent:
    now = clock.now()
    ordered = sorted(ids, key=lambda each: TRUST.index(each[0]))
    return CleanEvent(
        id=uuid7(), source=SOURCE, key=str(uuid7()), kind="track", name="Tea Poured",
        category=Category.BROWSING, happened_at=now, received_at=now,
        identifiers=[Identifier(*each) for each in ordered], properties={}, private={}, traits={},
        context={}, ceiling=ALL_BITS, subject=subject,
    )  # fmt: skip


def arrive(events: Sequence[CleanEvent]) -> resolve.Resolved:
    """Resolve one batch as the pipeline does."""
    resolved = resolve.resolve(events)
    ledger.open_files(list(resolved.born), as_of=clock.now())
    resolve.write(resolved)
    return resolved


def people() -> dict[tuple[str, str], UUID]:
    """Return who each identifier of the test's alphabet points to now."""
    names = {index.blind(kind, value): (kind, value) for kind, value in ALPHABET}
    current = dict(Origin.objects.values_list("origin", "subject_id"))
    rows = Stored.objects.values_list("blind", "subject_id")
    return {names[bytes(blind)]: current[subject] for blind, subject in rows}


def partition() -> set[frozenset[tuple[str, str]]]:
    found: dict[UUID, set[tuple[str, str]]] = {}
    for node, person in people().items():
        found.setdefault(person, set()).add(node)
    return {frozenset(nodes) for nodes in found.values()}


ACCOUNTS = [("user_id", f"user{n}") for n in range(3)]
OTHERS = [
    *(("email", f"e{n}.canary.7f3a@example.com") for n in range(3)),
    ("phone", "+4915112345678"),
    *(("anonymous_id", f"cookie{n}") for n in range(4)),
]
ALPHABET = [*ACCOUNTS, *OTHERS]


@pytest.fixture
def intake(workspace: Workspace) -> Iterator[Workspace]:
    with database.as_role(Role.INGEST):
        yield workspace


def test_one_identifier_is_one_person_however_often_it_comes(intake: Workspace) -> None:
    arrive([event(OTHERS[0]), event(OTHERS[0])])
    arrive([event(OTHERS[0])])

    assert partition() == {frozenset({OTHERS[0]})}


def test_an_event_that_names_two_people_joins_them_and_the_older_stays(intake: Workspace) -> None:
    email, cookie = OTHERS[0], OTHERS[4]
    first = arrive([event(email)]).subjects
    arrive([event(cookie)])

    arrive([event(email, cookie)])

    (older,) = first.values()
    assert people() == {email: older, cookie: older}
    joined = Merge.objects.get()
    assert (joined.subject_id, joined.reason) == (older, "same_anonymous_id")


def test_an_event_before_a_merge_of_its_batch_keeps_the_subject_it_arrived_under(
    intake: Workspace,
) -> None:
    email, cookie = OTHERS[0], OTHERS[4]
    before, after = event(cookie), event(email, cookie)
    arrive([event(email)])

    resolved = arrive([before, after])

    own = resolved.subjects[before.id]
    assert own != resolved.subjects[after.id] == resolved.current(own)


def test_an_account_is_never_given_a_second_one_and_the_shared_device_stays_where_it_was(
    intake: Workspace,
) -> None:
    cookie = OTHERS[4]
    arrive([event(ACCOUNTS[0], cookie)])
    second = event(ACCOUNTS[1], cookie)

    arrive([second])

    assert partition() == {frozenset({ACCOUNTS[0], cookie}), frozenset({ACCOUNTS[1]})}
    assert second.flags == ["identifier_demoted"]


def test_whom_the_platform_names_outright_is_found_through_merges_and_strangers_are_reported(
    intake: Workspace,
) -> None:
    arrive([event(OTHERS[0])])
    gone = next(iter(arrive([event(OTHERS[4])]).subjects.values()))
    arrive([event(OTHERS[0], OTHERS[4])])
    known, stranger = event(subject=gone), event(subject=uuid7())

    resolved = arrive([known, stranger])

    assert resolved.subjects == {known.id: people()[OTHERS[0]]}
    assert resolved.strangers == [stranger]


def ids(alphabet: Sequence[tuple[str, str]]) -> st.SearchStrategy[Ids]:
    """Return a call's identifiers: at most one of each kind."""
    return st.lists(
        st.sampled_from(alphabet), min_size=1, max_size=3, unique_by=lambda each: each[0]
    ).map(tuple)


def in_batches(calls: Sequence[Ids], random: Random) -> Iterator[list[CleanEvent]]:
    waiting = [event(*call) for call in calls]
    while waiting:
        size = random.randint(1, len(waiting))
        yield waiting[:size]
        waiting = waiting[size:]


quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
thorough = settings(quick, max_examples=400)


def people_of(calls: Sequence[Ids], random: Random) -> set[frozenset[tuple[str, str]]]:
    """Return the people that these calls make in a world of their own."""
    with database.atomic():
        for batch in in_batches(calls, random):
            arrive(batch)
        found = partition()
        database.connection().set_rollback(True)
    return found


def check_components(calls: list[Ids], random: Random) -> None:
    parts = components(calls)
    free = {part for part in parts if sum(node in ACCOUNTS for node in part) <= 1}

    found = people_of(random.sample(calls, len(calls)), random)

    # where the limit bites nowhere in a component, it is one person in every order
    assert free <= found
    # and nowhere are things together that nothing ties, or two accounts in one hand
    assert all(any(person <= part for part in parts) for person in found)
    assert all(sum(node in ACCOUNTS for node in person) <= 1 for person in found)
    # nobody's account is lost
    said = {node for call in calls for node in call}
    assert {node for person in found for node in person if node in ACCOUNTS} == {
        node for node in said if node in ACCOUNTS
    }


@quick
@given(st.lists(ids(ALPHABET), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_people_are_the_components_of_the_graph_in_any_order_and_in_any_batches(
    intake: Workspace, calls: list[Ids], random: Random
) -> None:
    check_components(calls, random)


@pytest.mark.slow
@thorough
@given(st.lists(ids(ALPHABET), min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_people_are_the_components_of_larger_graphs(
    intake: Workspace, calls: list[Ids], random: Random
) -> None:
    check_components(calls, random)


@quick
@given(st.lists(ids(OTHERS), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_without_accounts_the_order_never_matters(
    intake: Workspace, calls: list[Ids], random: Random
) -> None:
    shuffled = random.sample(calls, len(calls))

    assert people_of(calls, random) == people_of(shuffled, random) == components(calls)


@quick
@given(st.lists(ids(ALPHABET), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_same_order_in_other_batches_makes_the_same_people(
    intake: Workspace, calls: list[Ids], random: Random
) -> None:
    assert people_of(calls, random) == people_of(calls, Random(7))
