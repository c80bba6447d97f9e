"""
Sixty made-up customers and a year of their orders, as a shop would send them. Pure.

Half of them (`QUIET`) spent $61 to $90 on groceries in the last 90 days and nothing in the last
30. Of these, every fifth refuses marketing by e-mail, and three permit it but gave no address.
The others buy often. All permit groups, scores and learning.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stories.house import person, says

EVERYBODY = range(1, 61)
QUIET = range(1, 31)
REFUSING = frozenset(range(5, 61, 5))
WITHOUT_ADDRESS = frozenset({27, 28, 29})
PURPOSES = (
    "marketing.email", "marketing.sms", "profiling.segmentation", "profiling.scoring",
    "recommend", "train_model",
)  # fmt: skip
CAMPAIGN_DAYS = (260, 220, 180, 140, 100)  # ago; the last is over, so it can be learned from
OLD_ORDER_DAYS = (330, 300, 240, 190, 150, 110)

Call = dict[str, Any]


def address(number: int) -> str:
    """Return the e-mail address of a customer."""
    return str(person(number)["traits"]["email"])


def phone(number: int) -> str:
    """Return the phone number of a customer, in E.164."""
    return str(person(number)["traits"]["phone"])


def registrations() -> list[Call]:
    """Return who they are."""
    calls = [person(number) for number in EVERYBODY]
    for call, number in zip(calls, EVERYBODY, strict=True):
        if number in WITHOUT_ADDRESS:
            del call["traits"]["email"]
        call["traits"]["age_band"] = "35-44"
    return calls


def choices() -> list[Call]:
    """Return what they allow."""
    return [
        says(number, dict.fromkeys(PURPOSES, True) | {"marketing.email": number not in REFUSING})
        for number in EVERYBODY
    ]


def history(now: datetime) -> Iterator[Call]:
    """Return what they did in the year before `now`, and one call that cannot be understood."""
    for number in EVERYBODY:
        for days in OLD_ORDER_DAYS[number % 4 :]:
            yield _order(number, 20.0 + number, at=now - timedelta(days=days))
        if number in QUIET:
            yield _order(number, 60.0 + number, at=now - timedelta(days=40))
        else:
            yield _order(number, 150.0 + number, at=now - timedelta(days=40))
            yield _order(number, 90.0 + number, at=now - timedelta(days=5))
        for campaign, days in enumerate(CAMPAIGN_DAYS):
            yield from _contact(number, campaign, at=now - timedelta(days=days))
    yield {"type": "track", "userId": "u-1", "messageId": "without-a-name"}


def _order(number: int, total: float, *, at: datetime) -> Call:
    product = {"product_id": f"p{number % 7}", "department": "GROCERY", "category": "SOUP",
               "brand": "National", "price": total, "quantity": 1, "total": total}  # fmt: skip
    name = f"order-{number}-{at:%Y%m%d}"
    properties = {"order_id": name, "total": total, "currency": "USD", "products": [product]}
    return _track("Order Completed", number, name=name, at=at, properties=properties)


def _contact(number: int, campaign: int, *, at: datetime) -> Iterator[Call]:
    """Return a campaign that reached the customer; those with even numbers often answer."""
    properties = {"campaign_id": f"c{campaign}", "campaign_type": "TypeA"}
    name = f"{number}-{campaign}"
    yield _track("Campaign Received", number, name=f"got-{name}", at=at, properties=properties)
    if number % 2 == 0 and (number // 2 + campaign) % 3:
        answered_at = at + timedelta(days=10)
        yield _track(
            "Coupon Redeemed", number, name=f"used-{name}", at=answered_at,
            properties={"coupon_id": f"k{campaign}", **properties},
        )  # fmt: skip


def _track(event: str, number: int, *, name: str, at: datetime, properties: Call) -> Call:
    stamp = at.astimezone(UTC).isoformat()
    return {"type": "track", "event": event, "userId": f"u-{number}", "messageId": name,
            "timestamp": stamp, "properties": properties}  # fmt: skip
