"""Limits: so many tries in so much time, per person and not per neighbor."""

from datetime import timedelta

import pytest

from cdp.accounts import limits
from cdp.accounts.limits import Limit
from cdp.kernel import valkey
from cdp.kernel.identifiers import uuid7

pytestmark = pytest.mark.django_db  # the run's servers, Valkey among them


@pytest.fixture
def limit() -> Limit:
    """A limit of its own for each test."""
    return Limit(f"test.{uuid7()}", 3, timedelta(minutes=5))


def test_the_fourth_try_of_three_is_refused(limit: Limit) -> None:
    for _ in range(3):
        limits.spend(limit, "mei@example.com")

    with pytest.raises(limits.TooManyTries) as refusal:
        limits.spend(limit, "mei@example.com")

    assert 0 < refusal.value.seconds <= 300
    limits.spend(limit, "jonas@example.com")


def test_asking_counts_nothing(limit: Limit) -> None:
    for _ in range(5):
        assert not limits.spent(limit, "mei@example.com")

    assert limits.count(limit, "mei@example.com")


def test_a_success_forgives_earlier_failures(limit: Limit) -> None:
    for _ in range(3):
        limits.count(limit, "mei@example.com")
    assert limits.spent(limit, "mei@example.com")

    limits.forgive(limit, "mei@example.com")

    assert not limits.spent(limit, "mei@example.com")


def test_parts_are_not_run_together(limit: Limit) -> None:
    for _ in range(3):
        limits.count(limit, "ab", "c")

    assert not limits.spent(limit, "a", "bc")
    assert limits.spent(limit, "ab", "c")


def test_the_counter_names_nobody(limit: Limit) -> None:
    limits.count(limit, "mei@example.com", "203.0.113.7")

    keys = [key.decode() for key in valkey.live().keys("*")]
    assert any(limit.name in key for key in keys)
    assert not any("mei" in key or "203.0.113" in key for key in keys)


def test_the_counter_ends_by_itself(limit: Limit) -> None:
    limits.count(limit, "mei@example.com")
    limits.count(limit, "mei@example.com")

    (key,) = valkey.live().keys(f"limit:{limit.name}:*")
    assert 0 < valkey.live().ttl(key) <= 300


def test_nobody_gets_through_while_tries_cannot_be_counted(limit: Limit, valkey_away: None) -> None:
    for verb in (limits.spend, limits.count, limits.spent, limits.forgive):
        with pytest.raises(limits.TriesUncounted):
            verb(limit, "mei@example.com")
