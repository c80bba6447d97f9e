"""
How long a refusal takes says nothing about who has an account.

Real Argon2, the two kinds of try in turn, and the middle of each: a busy machine slows both alike.
"""

from statistics import median
from time import perf_counter
from typing import Any

import pytest
from django.test import Client

from cdp.accounts import operators
from cdp.accounts.models import Operator
from cdp.kernel import database, valkey
from tests.accounts.door import PASSWORD, SIGN_IN

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TRIES = 60  # of each kind; with 200 the medians lie no closer
ARGON2 = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.fixture
def hashed(alice: Operator, settings: Any) -> Operator:
    """Return Alice, whose password is hashed as in production."""
    settings.PASSWORD_HASHERS = ARGON2
    with database.door("web"):
        operators.set_password(alice, PASSWORD)
        alice.save(update_fields=["password"])
    return alice


def seconds(email: str) -> float:
    """Return how long a refusal takes."""
    for counter in valkey.live().keys("limit:*"):
        valkey.live().delete(counter)
    browser = Client()
    began = perf_counter()
    answer = browser.post(SIGN_IN, {"email": email, "password": "wrong horse battery"})
    took = perf_counter() - began
    assert answer.status_code == 422
    return took


def test_a_refusal_takes_as_long_for_a_stranger_as_for_an_operator(hashed: Operator) -> None:
    """Case 49: the medians of many tries within a fifth of each other, for operators."""
    known, unknown = [], []
    for number in range(TRIES):
        known.append(seconds(hashed.email))
        unknown.append(seconds(f"stranger-{number}@example.com"))

    assert 0.8 < median(unknown) / median(known) < 1.25
