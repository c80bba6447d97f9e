"""The explorer's questions, and an oracle that answers them by hand."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import explore, pseudonym, queries
from audit.actors import Actor
from audit.explore import Search
from audit.inbox import record
from audit.queries import Line
from audit.sequencer import sequence
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.logs import tamper

pytestmark = pytest.mark.django_db

JOB = Actor.job("send", "7")
ACTS = ("vault.open", "vault.opening", "vault_x.open", "campaign.launch")
OBJECTS = ("fields:email,phone", "fields:phone", "masked:email", "campaign:1", "campaign:12", "")
ACTORS = (ALICE, JOB, Actor.customer(MEI), Actor("operator", "x"))


@dataclass(frozen=True)
class Act:
    """One thing that happened in a made-up log."""

    act: str
    actor: Actor
    obj: str
    purpose: str
    about: object


@pytest.fixture
def acts(people: dict[object, bytes]) -> list[Act]:
    """Put every mixture of acts, actors and objects on the record, in a fixed order."""
    made = [
        Act(act, ACTORS[(n + m) % 4], obj, ("service", "marketing.email")[(n + m) % 2],
            (MEI, JONAS, None)[(n * m) % 3])
        for n, act in enumerate(ACTS)
        for m, obj in enumerate(OBJECTS)
    ]  # fmt: skip
    for each in made:
        record(each.actor, each.act, subject=each.about, obj=each.obj, purpose=each.purpose)  # type: ignore[arg-type]
    run()
    return made


def run() -> None:
    with database.as_role(Role.AUDIT):
        while sequence():
            pass


def found(search: Search) -> list[int]:
    return [line.index for line in explore.entries(search, limit=1_000)]


def wanted(act: Act, search: Search) -> bool:
    """Answer the question for one act by hand."""
    actor = str(act.actor)
    ref = pseudonym.of(act.about).hex() if act.about else ""  # type: ignore[arg-type]
    names = act.obj.partition(":")[2].split(",")
    return all(
        [
            not search.acts
            or any(act.act == a or (a[-1] == "." and act.act[: len(a)] == a) for a in search.acts),
            not search.actor or actor == search.actor or actor.split(":")[0] == search.actor,
            not search.ref or ref[: len(search.ref)] == search.ref,
            not search.purpose or act.purpose == search.purpose,
            act.obj[: len(search.obj)] == search.obj,
            not search.field or (act.act == "vault.open" and search.field in names),
        ]
    )


searches = st.builds(
    Search,
    acts=st.sampled_from([(), ("vault.",), ("vault.open",), ("vault.open", "campaign."), ("v.",)]),
    actor=st.sampled_from(["", "op", str(ALICE), "job", "cust", "key"]),
    purpose=st.sampled_from(["", "service", "marketing.sms"]),
    obj=st.sampled_from(["", "fields:", "campaign:1", "campaign:12", "%", "_"]),
    field=st.sampled_from(["", "email", "phone", "mail"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    search=searches, whose=st.sampled_from(["", "mei", "jonas"]), digits=st.sampled_from([8, 9, 32])
)
def test_a_search_finds_what_going_through_by_hand_finds(
    acts: list[Act], search: Search, whose: str, digits: int
) -> None:
    ref = {"": "", "mei": pseudonym.of(MEI).hex(), "jonas": pseudonym.of(JONAS).hex()}[whose]
    asked = replace(search, ref=ref[:digits])

    by_hand = [index for index, act in enumerate(acts) if wanted(act, asked)]
    assert sorted(found(asked)) == by_hand


def test_a_span_takes_its_first_instant_in_and_leaves_its_end_out(acts: list[Act]) -> None:
    at = {line.index: line.at for line in explore.entries(Search(), limit=1_000)}

    inside = found(Search(since=at[3], until=at[7]))

    assert inside == [6, 5, 4, 3]


def test_pages_of_a_search_join_without_gap_or_overlap(acts: list[Act]) -> None:
    search = Search(acts=("vault.",))
    whole = found(search)

    first = explore.entries(search, limit=5)
    rest = explore.entries(search, before=first[-1].index, limit=1_000)

    assert [line.index for line in [*first, *rest]] == whole
    assert len(first) == 5


def of_request(index: int) -> list[int]:
    return [line.index for line in explore.of_request(queries.find(index))]


def test_entries_of_one_request_are_found_from_any_of_them(people: dict[object, bytes]) -> None:
    for request in ("req_1", "req_12", "req_1", ""):
        database.settle({"cdp.request": request})
        record(ALICE, "vault.open", subject=MEI)
    run()

    assert of_request(0) == of_request(2) == [2, 0]
    assert of_request(1) == [1]
    assert of_request(3) == [3]


def test_another_request_of_the_same_id_long_after_is_another(log: int) -> None:
    database.settle({"cdp.request": "req_1"})
    for _ in range(2):
        record(ALICE, "vault.open", subject=MEI)
    run()
    tamper("audit_entry", "UPDATE audit_entry SET at = at - %s WHERE idx = 10", timedelta(hours=1))

    assert of_request(11) == [11]


def test_an_entry_cannot_pass_for_one_of_another_request(people: dict[object, bytes]) -> None:
    database.settle({"cdp.request": "req_1"})
    record(ALICE, "audit.read")
    database.settle({"cdp.request": "req_2"})
    record(ALICE, "audit.read", obj='"req":"req_1"')
    run()

    assert of_request(0) == [0]


def test_nothing_asked_for_is_an_empty_search() -> None:
    assert Search().is_empty
    assert not Search(field="email").is_empty


def test_lines_are_the_ones_the_log_shows(acts: list[Act]) -> None:
    lines: list[Line] = explore.entries(Search(), limit=1_000)

    assert lines == queries.read([], limit=1_000)
