"""A crowd that was contacted by four campaigns and answered some of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest

from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from profiles.vault import index
from tests.people import EVERYTHING, Shop

SEED = 13
NAMESPACE = UUID(int=7)
CAMPAIGN_DAYS_AGO = (180, 150, 120, 90)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is in the crowd: subjects by what they said."""

    willing: list[UUID]
    no_training: list[UUID]
    no_scoring: list[UUID]

    @property
    def everybody(self) -> set[UUID]:
        return {*self.willing, *self.no_training, *self.no_scoring}


SAYS: dict[str, Mapping[str, bool]] = {
    "willing": EVERYTHING,
    "no_training": {**EVERYTHING, "train_model": False},
    "no_scoring": {**EVERYTHING, "profiling.scoring": False},
}


@pytest.fixture
def crowd(shop: Shop, at_noon: object) -> Crowd:
    """Return 100 willing people and ten of each that refused; keen buyers redeem coupons."""
    kinds = ["willing"] * 100 + ["no_training"] * 10 + ["no_scoring"] * 10
    names = [f"{kind}-{number}" for number, kind in enumerate(kinds)]
    shop.send(*(_welcome(name) for name in names))
    shop.send(
        *(_says(name, SAYS[kind]) for name, kind in zip(names, kinds, strict=True)),
        through=shop.preferences,
    )
    random = Random(SEED)
    shop.send(*(call for name in names for call in _history(name, random)))
    found = _subjects(names)
    return Crowd(
        *([found[n] for n, k in zip(names, kinds, strict=True) if k == kind] for kind in SAYS)
    )


def _welcome(name: str) -> dict[str, Any]:
    traits = {"birthday": "1984-05-02", "email": f"{name}.canary.7f3a@example.com"}
    return _call(name, "identify", type="identify", traits=traits)


def _says(name: str, says: Mapping[str, bool]) -> dict[str, Any]:
    context = {"consent": {"categoryPreferences": dict(says)}}
    return track(name, "Segment Consent Preference Updated", days_ago=200, context=context)


def _history(name: str, random: Random) -> list[dict[str, Any]]:
    """Keen people (four of ten) order often, with coupons, and answer 6 times of 10; others 1."""
    keen = random.random() < 0.4
    calls = []
    for day in range(300, 20, -40 if keen else -90):
        coupon = 1.5 if keen and random.random() < 0.5 else 0
        calls.append(order(name, days_ago=day + random.random(), total=20, coupon=coupon))
    for campaign, day in enumerate(CAMPAIGN_DAYS_AGO):
        sent = {"campaign_id": str(campaign), "campaign_type": "Type A" if campaign else "Type B"}
        calls.append(track(name, "Campaign Received", days_ago=day, properties=sent))
        if random.random() < (0.6 if keen else 0.1):
            redeemed = {"campaign_id": str(campaign), "coupon_id": "c"}
            calls.append(track(name, "Coupon Redeemed", days_ago=day - 5, properties=redeemed))
    return calls


def order(
    name: str, *, days_ago: float, total: float, coupon: float = 0, number: int = 0
) -> dict[str, Any]:
    """Return an order call, with so much taken off by coupons."""
    properties = {
        "order_id": f"{name}-{days_ago}-{number}",
        "total": total,
        "currency": "USD",
        "discounts": {"coupon": coupon},
        "products": [{"product_id": "p", "price": total, "quantity": 1, "total": total}],
    }
    return track(name, "Order Completed", days_ago=days_ago, properties=properties)


def track(name: str, event: str, *, days_ago: float, **more: Any) -> dict[str, Any]:
    """Return a track call of a person of the crowd."""
    at = (clock.now() - timedelta(days=days_ago)).isoformat()
    return _call(name, f"{event}{at}{more}", type="track", event=event, timestamp=at, **more)


def _call(name: str, about: str, **more: Any) -> dict[str, Any]:
    return {"userId": name, "messageId": str(uuid5(NAMESPACE, name + about)), **more}


def _subjects(names: list[str]) -> dict[str, UUID]:
    blinds = {bytes(index.blind("user_id", name)): name for name in names}
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            """SELECT i.blind, o.subject_id FROM profiles_identifier i
               JOIN kernel_origin o ON o.origin = i.subject_id WHERE i.kind = 'user_id'"""
        )
        return {blinds[bytes(blind)]: subject for blind, subject in sql.fetchall()}


def stored_scores(model: str) -> dict[UUID, tuple[float, str]]:
    """Return every score there is, whoever permits it, as the role that sees all."""
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT subject_id, value, band FROM profiles_score WHERE model = %s", [model])
        return {subject: (value, band) for subject, value, band in sql.fetchall()}
