"""
The people of the benchmark: generated, the same on every run, and the calls they cause. Pure.

`chance` is a seeded generator; what happens lies in the ninety days before `now`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

Call = dict[str, Any]

DEPARTMENTS = ("GROCERY", "PRODUCE", "MEAT", "DAIRY", "BAKERY")
DAYS = 90
LINES = 3
EVERYTHING = (
    "marketing.email", "profiling.segmentation", "profiling.scoring", "train_model", "recommend",
)  # fmt: skip
REGULAR = "regular"  # the customer with many orders, who withdraws


def resident(number: int) -> str:
    """Return the user id of one person."""
    return f"resident-{number}"


def permits(number: int) -> bool:
    """Return whether a person permits everything; the others refuse it."""
    return number % 4 != 0


def identify(user_id: str, *, number: int) -> Call:
    """Return the call that makes a person known, with values for the vault."""
    return {
        "type": "identify",
        "userId": user_id,
        "messageId": f"identify-{user_id}",
        "traits": {
            "email": f"{user_id}@bench.example",
            "first_name": f"Name{number}",
            "birthday": f"{1950 + number % 50}-03-14",
        },
    }


def answers(user_id: str, *, allowed: bool) -> Call:
    """Return the call by which a person permits or refuses everything."""
    return {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        "userId": user_id,
        "messageId": f"consent-{user_id}",
        "context": {"consent": {"categoryPreferences": dict.fromkeys(EVERYTHING, allowed)}},
    }


def orders(
    user_id: str, count: int, *, label: str, chance: Random, now: datetime
) -> Iterator[Call]:
    """Yield a person's orders; `label` keeps their keys apart from those of other occasions."""
    for number in range(count):
        prices = [chance.randrange(100, 2_000) / 100 for _ in range(LINES)]
        happened_at = now - timedelta(seconds=chance.randrange(60, DAYS * 86_400))
        yield {
            "type": "track",
            "event": "Order Completed",
            "userId": user_id,
            "messageId": f"{label}-{user_id}-{number}",
            "timestamp": happened_at.isoformat(),
            "properties": {
                "order_id": f"{label}-{user_id}-{number}",
                "total": round(sum(prices), 2),
                "currency": "USD",
                "products": [_line(price, chance) for price in prices],
            },
        }


def _line(price: float, chance: Random) -> dict[str, Any]:
    return {
        "product_id": f"p{chance.randrange(500)}",
        "department": chance.choice(DEPARTMENTS),
        "category": f"C{chance.randrange(40)}",
        "brand": chance.choice(("National", "Private")),
        "price": price,
        "quantity": 1,
        "total": price,
    }
