"""Three ways to decide a rule agree: the compiled set, the one-person evaluator, brute force."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.segments import matching
from profiles.segments.evaluate import evaluate
from profiles.segments.load import load
from profiles.segments.rules import parse
from tests.people import Shop
from tests.profiles.segments.oracle import decide
from tests.profiles.segments.strategies import RULES
from tests.profiles.segments.world import NOW, Person, make_people, settle

PEOPLE = 40
ZONE = "America/New_York"
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


def all_agree(rule: dict[str, Any], people: list[Person]) -> None:
    """Fail unless everybody's answer is the same three ways."""
    tree = parse(rule)
    with clock.stopped(NOW), purpose("profiling.segmentation", actor="sys:test"):
        on = matching.ground(NOW)
        compiled = {match.subject: match for match in matching.matches(tree, on=on)}
        counted = matching.tally(tree, on=on)
        facts = {person.subject: load(person.subject, tree, ground=on) for person in people[:5]}
    expected = {
        person.subject: decide(rule["where"], person, now=NOW, zone=on.zone, currency=on.currency)
        for person in people
    }

    assert set(compiled) == {subject for subject, truth in expected.items() if truth}
    assert counted.considered == len(people)
    assert counted.match == len(compiled)
    assert counted.unknown == sum(truth is None for truth in expected.values())
    for subject, known in facts.items():
        assert known is not None
        verdict = evaluate(tree, known, ground=on)
        assert verdict.truth is expected[subject]
        if subject in compiled:
            assert compiled[subject].truths == tuple(leaf.truth for leaf in verdict.leaves)
            assert_same_values(compiled[subject], verdict)


def assert_same_values(match: matching.Match, verdict: Any) -> None:
    assert match.values == tuple(leaf.value for leaf in verdict.leaves)


@pytest.mark.django_db
def test_set_person_and_brute_force_agree(people: list[Person]) -> None:
    @FEW
    @given(RULES)
    def agrees(rule: dict[str, Any]) -> None:
        all_agree(rule, people)

    agrees()


@pytest.mark.slow
@pytest.mark.django_db
def test_many_rules_agree(people: list[Person]) -> None:
    @MANY
    @given(RULES)
    def agrees(rule: dict[str, Any]) -> None:
        all_agree(rule, people)

    agrees()
