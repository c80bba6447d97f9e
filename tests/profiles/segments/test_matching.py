"""Three ways to decide a rule agree: the compiled set, the one-person evaluator, brute force."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.evaluate import evaluate
from profiles.segments.facts import PersonFacts
from profiles.segments.load import load
from profiles.segments.rules import parse
from tests.people import Shop
from tests.profiles.segments.oracle import decide
from tests.profiles.segments.strategies import RULES, WINDOW_CHOICES
from tests.profiles.segments.world import NOW, Person, make_people, settle

PEOPLE = 40
ZONE = "America/New_York"
EVERY_EVENT = ("Order Completed", "any")
FEW = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a rule reads well enough unshrunk; shrinking is slow
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=600)


@pytest.fixture
def people(shop: Shop) -> list[Person]:
    """Return forty people of whom more or less is known, stored."""
    with database.as_role(Role.WEB):
        Workspace.objects.filter(pk=shop.workspace.pk).update(
            settings={"currency": "USD", "time_zone": ZONE}
        )
    found = make_people(Random(11), count=PEOPLE)
    with clock.stopped(NOW):
        settle(shop, found)
    return found


def load_everything(people: list[Person]) -> dict[UUID, PersonFacts | None]:
    """Return all that is known about everybody, loaded once."""
    asked = [{"event": event, "measure": "count", "op": "ge", "value": 0} for event in EVERY_EVENT]
    rule = parse({"version": 1, "where": {"all": asked}})
    with clock.stopped(NOW), purpose("profiling.segmentation", actor="sys:test"):
        on = matching.ground(NOW)
        return {person.subject: load(person.subject, rule, ground=on) for person in people}


def all_agree(
    rule: dict[str, Any],
    people: list[Person],
    everything: dict[UUID, PersonFacts | None],
    *,
    as_of: datetime = NOW,
) -> None:
    """Fail unless everybody's answer is the same three ways."""
    tree = parse(rule)
    with clock.stopped(NOW), purpose("profiling.segmentation", actor="sys:test"):
        on = matching.ground(as_of)
        compiled = {match.subject: match for match in matching.matches(tree, on=on)}
        counted = matching.tally(tree, on=on)
        facts = {person.subject: load(person.subject, tree, ground=on) for person in people[:3]}
    expected = {
        person.subject: decide(rule["where"], person, now=as_of, zone=on.zone, currency=on.currency)
        for person in people
    }

    assert set(compiled) == {subject for subject, truth in expected.items() if truth}
    assert counted.considered == len(people)
    assert counted.match == len(compiled)
    assert counted.unknown == sum(truth is None for truth in expected.values())
    verdicts = {
        subject: evaluate(tree, known, ground=on)
        for subject, known in {**everything, **facts}.items()
        if known is not None
    }
    assert {subject: verdict.truth for subject, verdict in verdicts.items()} == expected
    for subject, match in compiled.items():
        assert match.truths == tuple(leaf.truth for leaf in verdicts[subject].leaves)
        assert match.values == tuple(leaf.value for leaf in verdicts[subject].leaves)
    for place, leaf in enumerate(counted.leaves):
        truths = [verdict.leaves[place].truth for verdict in verdicts.values()]
        assert (leaf.match, leaf.unknown) == (truths.count(True), truths.count(None))


@pytest.mark.django_db
def test_set_person_and_brute_force_agree(people: list[Person]) -> None:
    everything = load_everything(people)

    @FEW
    @given(RULES)
    def agrees(rule: dict[str, Any]) -> None:
        all_agree(rule, people, everything)

    agrees()


@pytest.mark.django_db
def test_they_agree_at_the_edges_of_every_window(people: list[Person]) -> None:
    everything = load_everything(people)
    events = ("Order Completed", "Product Viewed", "any")
    leaves: list[dict[str, Any]] = [
        {"event": event, "window": window, "measure": "count", "op": "ge", "value": 1}
        for window in WINDOW_CHOICES
        for event in events
    ]
    # several windows are read in one pass, each leaf within its own
    leaves.append({"any": [leaf for leaf in leaves if "last_days" in leaf["window"]]})
    leaves.append({"any": [leaf for leaf in leaves[:-1] if "to" in leaf["window"]]})
    leaves += [
        {"trait": "last_order_at", "op": "within_last", "value": days} for days in (1, 7, 30)
    ]
    leaves += [
        {"trait": "last_order_at", "op": op, "value": "2026-06-08T12:00:00+00:00"}
        for op in ("before", "after")
    ]

    for leaf in leaves:
        rule = {"version": 1, "where": leaf}
        all_agree(rule, people, everything)
        all_agree(rule, people, everything, as_of=NOW - timedelta(days=7))


@pytest.mark.slow
@pytest.mark.django_db
def test_many_rules_agree(people: list[Person]) -> None:
    everything = load_everything(people)

    @MANY
    @given(RULES)
    def agrees(rule: dict[str, Any]) -> None:
        all_agree(rule, people, everything)

    agrees()
