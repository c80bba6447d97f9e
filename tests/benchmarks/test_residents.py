"""The people of the benchmark are the same on every run, and intake takes what they send."""

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from cdp.benchmarks import residents
from cdp.kernel.identifiers import uuid7
from profiles.events.clean import clean

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def orders(*, seed: int, label: str = "order") -> list[residents.Call]:
    chance = Random(seed)
    return list(residents.orders("regular", 40, label=label, chance=chance, now=NOW))


def test_the_same_seed_gives_the_same_orders() -> None:
    assert orders(seed=1) == orders(seed=1)
    assert orders(seed=1) != orders(seed=2)


def test_orders_of_two_occasions_have_no_key_in_common() -> None:
    keys = {order["messageId"] for order in orders(seed=1)}
    others = {order["messageId"] for order in orders(seed=1, label="drain")}

    assert len(keys) == len(others) == 40
    assert not keys & others


def test_three_in_four_permit() -> None:
    assert sum(map(residents.permits, range(400))) == 300


def test_intake_takes_every_call() -> None:
    calls = [
        residents.identify("resident-1", number=1),
        residents.answers("resident-1", allowed=True),
        *orders(seed=1),
    ]

    events = [
        clean(
            msgspec.json.decode(msgspec.json.encode(call)), source=uuid7(), received_at=NOW,
            sent_at=None, kind="", shared_context=None, raw=b"", gpc=False, is_platform=False,
        )
        for call in calls
    ]  # fmt: skip

    assert [event.key for event in events] == [call["messageId"] for call in calls]
    assert all(NOW - timedelta(days=90) <= e.happened_at <= NOW for e in events)
    assert all(event.amount_minor for event in events[2:])
