"""People who answered differently, with rows about them in every protected table."""

import pytest

from tests.consent.rows import ALL_SWITCHES, furnish, open_catalog
from tests.people import Customer, Shop


@pytest.fixture
def furnished(shop: Shop) -> Shop:
    """Return the shop with its segment, model and campaign ids ready."""
    open_catalog()
    return shop


@pytest.fixture
def mei(furnished: Shop) -> Customer:
    """Permits everything; has a row in every protected table."""
    customer = furnished.welcome("mei", says=dict.fromkeys(ALL_SWITCHES, True), household_size=3)
    furnish(furnished, customer)
    return customer


@pytest.fixture
def sofia(furnished: Shop) -> Customer:
    """Permitted everything, was furnished like Mei, then took everything back."""
    customer = furnished.welcome("sofia", says=dict.fromkeys(ALL_SWITCHES, True), household_size=2)
    furnish(furnished, customer)
    furnished.hear(customer, dict.fromkeys(ALL_SWITCHES, False))
    return customer


@pytest.fixture
def jonas(furnished: Shop) -> Customer:
    """Refused everything."""
    customer = furnished.welcome("jonas", says=dict.fromkeys(ALL_SWITCHES, False), household_size=1)
    furnished.sell(customer, 20)
    return customer


@pytest.fixture
def noor(furnished: Shop) -> Customer:
    """Was never asked."""
    customer = furnished.welcome("noor", household_size=4)
    furnished.sell(customer, 20)
    return customer
