"""Buckets: so many at once, refilled all the time, and open where nothing can be counted."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cdp.kernel import clock, rates, valkey
from cdp.kernel.identifiers import uuid7
from cdp.kernel.rates import Rate, TooFast
from tests.conftest import NOON

pytestmark = pytest.mark.django_db  # the run's servers, Valkey among them


@pytest.fixture
def rate() -> Rate:
    """Ten a minute: one comes back every six seconds."""
    return Rate(f"test.{uuid7()}", 10)


@pytest.fixture
def valkey_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Valkey be somewhere where nobody answers."""
    monkeypatch.setattr(rates._Silence, "until", None)  # and put back after
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    valkey.quick.cache_clear()
    yield
    valkey.quick.cache_clear()


def test_a_bucket_empties_and_says_when_it_holds_one_again(rate: Rate, at_noon: Any) -> None:
    left = [rates.spend(rate, "mei").remaining for _ in range(10)]  # type: ignore[union-attr]  # counted

    with pytest.raises(TooFast) as refusal:
        rates.spend(rate, "mei")

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert refusal.value.verdict.headers == {
        "RateLimit-Limit": "10",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "60",
        "Retry-After": "6",
    }


def test_what_was_taken_comes_back_bit_by_bit(rate: Rate) -> None:
    with clock.stopped(NOON):
        for _ in range(10):
            rates.spend(rate, "mei")

    with clock.stopped(NOON + timedelta(seconds=13)):
        for _ in range(2):
            rates.spend(rate, "mei")
        with pytest.raises(TooFast) as refusal:
            rates.spend(rate, "mei")

    assert refusal.value.verdict.retry_seconds == 5
    with clock.stopped(NOON + timedelta(seconds=18)):
        assert rates.spend(rate, "mei")


def test_who_waited_as_told_is_let_in(rate: Rate) -> None:
    moment = NOON
    for _ in range(40):
        with clock.stopped(moment):
            verdict = rates.take(rate, "mei")
        assert verdict
        if not verdict.passed:
            with clock.stopped(moment + timedelta(seconds=verdict.retry_seconds)):
                again = rates.take(rate, "mei")
            assert again and again.passed
        moment += timedelta(seconds=1.7)


def test_a_refusal_takes_nothing(rate: Rate) -> None:
    with clock.stopped(NOON):
        for _ in range(30):
            rates.take(rate, "mei")

    with clock.stopped(NOON + timedelta(seconds=7)):
        assert rates.spend(rate, "mei")


def test_nobody_pays_for_a_neighbor_and_nobody_is_named(rate: Rate, at_noon: Any) -> None:
    for _ in range(11):
        rates.take(rate, "203.0.113.7")

    assert rates.spend(rate, "203.0.113.8")
    keys = [str(key) for key in valkey.live().keys(f"*{rate.name}*")]
    assert len(keys) == 2
    assert not any("203.0" in key for key in keys)


def test_a_bucket_that_is_full_again_is_gone(rate: Rate) -> None:
    rates.spend(rate, "mei")

    (key,) = valkey.live().keys(f"rate:{rate.name}:*")
    assert 0 < valkey.live().pttl(key) <= 6_001


def test_nothing_is_refused_while_nothing_can_be_counted(rate: Rate, valkey_away: None) -> None:
    with clock.stopped(NOON):
        assert [rates.spend(rate, "mei") for _ in range(20)] == [None] * 20


def test_counting_begins_again_once_valkey_is_back(rate: Rate, settings: Any) -> None:
    there = settings.VALKEY_URL
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    valkey.quick.cache_clear()
    with clock.stopped(NOON):
        assert rates.take(rate, "mei") is None
    settings.VALKEY_URL = there
    valkey.quick.cache_clear()

    with clock.stopped(NOON + timedelta(seconds=1)):
        assert rates.take(rate, "mei") is None, "a Valkey that hangs is left alone for a while"
    with clock.stopped(NOON + timedelta(seconds=11)):
        assert rates.take(rate, "mei") is not None


def test_zero_counts_nothing() -> None:
    assert rates.take(Rate("test.none", 0), "mei") is None
