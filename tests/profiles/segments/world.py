"""A small random world: people with orders, events, traits, scores and memberships."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from consent.window import purpose
from tests.people import EVERYTHING, Shop

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SEGMENTS = (UUID(int=0xA1), UUID(int=0xA2))
DEPARTMENTS = ("GROCERY", "MEAT", "it's \\ 100%", "")
BRANDS = ("National", "Private")
HOMES = ("Homeowner", "Renter")
CELLS = ("important_value", "general_keep")
ITEMS = ("GROCERY", "MEAT", "DELI")
AMOUNTS = (0, 250, 1999, 10_000)
# Ages of facts, in microseconds before now: the edges of windows among them.
DAY = 86_400_000_000
AGES = [1, DAY // 2, DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 30 * DAY, 30 * DAY + 1, 90 * DAY]
PROPERTY_VALUES: tuple[Any, ...] = ("a", "5", "", 5, 5.5, 0, -1, 1e300, True, None, ["a"], {"b": 1})


@dataclass(slots=True)
class Person:
    """One person as plain facts; times are aware, amounts are cents."""

    name: str
    subject: UUID = field(default=UUID(int=0))
    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    computed: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, tuple[float, str, datetime]] = field(default_factory=dict)
    segments: set[UUID] = field(default_factory=set)


def make_people(random: Random, *, count: int) -> list[Person]:
    """Return people about whom more or less is known."""
    return [_person(random, f"person-{number}") for number in range(count)]


def _person(random: Random, name: str) -> Person:
    person = Person(name)
    for number in range(random.choice((0, 0, 1, 2, 3, 5))):
        at = _past(random)
        for _ in range(random.choice((1, 1, 2))):
            person.lines.append(
                {
                    "order": f"{name}/{number}",
                    "at": at,
                    "department": random.choice(DEPARTMENTS),
                    "brand": random.choice(BRANDS),
                    "quantity": random.choice((0, 1, 2, 2.5)),
                    "amount_minor": random.choice(AMOUNTS),
                    "currency": random.choice(("USD", "USD", "USD", "EUR")),
                }
            )
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        event = random.choice(("Product Viewed", "Coupon Redeemed", "Email Sent", "Order Refunded"))
        properties = {"x": random.choice(PROPERTY_VALUES)} if random.random() < 0.8 else {}
        amount = random.choice(AMOUNTS) if event == "Order Refunded" else None
        person.events.append(
            {"name": event, "at": _past(random), "properties": properties, "amount_minor": amount}
        )
    maybe = [
        ("orders", random.choice((0, 1, 2, 3.5))),
        ("rfm_cell", random.choice(CELLS)),
        ("favorite_departments", random.sample(ITEMS, random.choice((1, 2)))),
        ("last_order_at", random.choice((_past(random), NOW))),
    ]
    person.computed = {key: value for key, value in maybe if random.random() < 0.6}
    if random.random() < 0.6:
        person.declared = {"home_ownership": random.choice(HOMES)}
    if random.random() < 0.6:
        ends = NOW + timedelta(microseconds=random.choice((-DAY, 0, 1, DAY)))
        person.scores = {"churn": (random.choice((0.0, 0.25, 0.7)), random.choice("ab"), ends)}
    person.segments = {segment for segment in SEGMENTS if random.random() < 0.4}
    return person


def _past(random: Random) -> datetime:
    return NOW - timedelta(microseconds=random.choice(AGES))


def settle(shop: Shop, people: Sequence[Person]) -> None:
    """Bring the people in through the front door, and store what is known about them."""
    shop.send(*(_identify(person) for person in people))
    shop.send(*(_permit(person) for person in people), through=shop.preferences)
    shop.send(*(call for person in people for call in _calls(person)))
    for person in people:
        person.subject = shop.subject_of("user_id", person.name)
    with database.as_role(Role.WORKER), purpose("profiling.segmentation", actor="sys:test"):
        _store(people)


def _identify(person: Person) -> dict[str, Any]:
    traits = {"birthday": "1984-05-02", **person.declared}
    return {"type": "identify", **_call(person, "identify"), "traits": traits}


def _permit(person: Person) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        **_call(person, "says"),
        "context": {"consent": {"categoryPreferences": EVERYTHING}},
    }


def _calls(person: Person) -> list[dict[str, Any]]:
    calls = []
    for order in dict.fromkeys(line["order"] for line in person.lines):
        for currency in ("USD", "EUR"):
            lines = [
                line
                for line in person.lines
                if line["order"] == order and line["currency"] == currency
            ]
            if lines:
                calls.append(_order(person, order, currency, lines))
    for number, event in enumerate(person.events):
        properties = dict(event["properties"])
        if event["amount_minor"] is not None:
            properties |= {"total": event["amount_minor"] / 100, "currency": "USD"}
        calls.append(
            {
                "type": "track",
                "event": event["name"],
                **_call(person, f"event-{number}"),
                "timestamp": event["at"].isoformat(),
                "properties": properties,
            }
        )
    return calls


def _order(
    person: Person, order: str, currency: str, lines: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    products = [
        {
            "product_id": "p",
            "department": line["department"],
            "brand": line["brand"],
            "quantity": line["quantity"],
            "total": line["amount_minor"] / 100,
        }
        for line in lines
    ]
    return {
        "type": "track",
        "event": "Order Completed",
        **_call(person, f"{order}/{currency}"),
        "timestamp": lines[0]["at"].isoformat(),
        "properties": {
            "order_id": order,
            "total": sum(line["amount_minor"] for line in lines) / 100,
            "currency": currency,
            "products": products,
        },
    }


def _call(person: Person, about: str) -> dict[str, Any]:
    return {"userId": person.name, "messageId": str(uuid5(UUID(int=9), person.name + about))}


def _store(people: Sequence[Person]) -> None:
    for person in people:
        for key, value in person.computed.items():
            number = value if isinstance(value, int | float) else None
            text = value if isinstance(value, str) else None
            items = value if isinstance(value, list) else None
            at = value if isinstance(value, datetime) else None
            _insert(
                "profiles_computedtrait",
                subject_id=person.subject, key=key, number=number, text=text, items=items, at=at,
                as_of=NOW,
            )  # fmt: skip
        for model, (value, band, expires_at) in person.scores.items():
            _insert(
                "profiles_score",
                subject_id=person.subject, model=model, version_id=uuid7(), value=value, band=band,
                contributions="[]", as_of=NOW, expires_at=expires_at,
            )  # fmt: skip
        for segment in person.segments:
            _insert(
                "profiles_membership",
                subject_id=person.subject, segment_id=segment, entered_at=NOW,
                reason=json.dumps([]),
            )  # fmt: skip


def _insert(table: str, **row: Any) -> None:
    row = {"id": uuid7(), **row}
    with database.cursor() as sql:
        sql.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )
