"""
Two devices turn out to be one person: what each had said is folded together, most careful first.

Everything goes through the real intake, because what counts is in which order things arrive there.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent import expire
from consent.catalog import BY_KEY
from consent.models import SubjectFacts
from consent.window import purpose
from tests.consent.rows import ACTOR, stored
from tests.people import Customer, Shop

EMAIL = "marketing.email"
Call = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Device:
    """One of Priya's devices: a cookie, and the address that was typed in there."""

    cookie: str
    address: str

    def signs_up(self) -> Call:
        given = {"email": self.address, "birthday": "1990-01-01"}
        return {"type": "identify", "anonymousId": self.cookie, "traits": given}

    def says(self, allowed: bool, *, by_address: bool = True, **more: Any) -> Call:
        context: Call = {"consent": {"categoryPreferences": {EMAIL: allowed}}}
        if by_address:
            context["traits"] = {"email": self.address}
        return {
            "type": "track", "event": "Segment Consent Preference Updated", "context": context,
            "anonymousId": self.cookie, "messageId": str(uuid4()), **more,
        }  # fmt: skip

    def signs_in_with(self, other: "Device") -> Call:
        return {
            "type": "track", "event": "Signed In", "anonymousId": self.cookie,
            "context": {"traits": {"email": other.address}},
        }  # fmt: skip


PHONE = Device("phone-cookie", "priya.canary.7f3a@example.com")
TABLET = Device("tablet-cookie", "p.canary.7f3a@example.com")
MERGE = PHONE.signs_in_with(TABLET)  # the phone was there first, so its subject stays


@pytest.fixture
def two(shop: Shop) -> Shop:
    """Return a shop that knows both devices as two people."""
    shop.send(PHONE.signs_up())
    shop.send(TABLET.signs_up())
    return shop


def hear(shop: Shop, *calls: Call) -> None:
    """Let the consent authority send calls as one batch."""
    shop.send(*calls, through=shop.preferences)


def priya(shop: Shop) -> Customer:
    subject = shop.subject_of("anonymous_id", PHONE.cookie)
    assert shop.subject_of("anonymous_id", TABLET.cookie) == subject, "the devices were not merged"
    return Customer(subject, PHONE.cookie, PHONE.address)


def is_open(shop: Shop) -> bool:
    """Say whether any row of Priya's, from either device, may be used for marketing by e-mail."""
    rows = stored(priya(shop))
    assert any(row.bits & BY_KEY["service"].mask for row in rows)
    return any(row.bits & BY_KEY[EMAIL].mask for row in rows)


def test_two_yeses_are_a_yes(two: Shop) -> None:
    hear(two, PHONE.says(True), TABLET.says(True))

    hear(two, MERGE)

    assert is_open(two)


@pytest.mark.parametrize("refusing", [PHONE, TABLET], ids=["the one that stays", "the other"])
def test_a_no_of_either_wins(refusing: Device, two: Shop) -> None:
    hear(two, *(device.says(device is not refusing) for device in (PHONE, TABLET)))

    hear(two, MERGE)

    assert not is_open(two)


@pytest.mark.parametrize("granting", [PHONE, TABLET], ids=["the one that stays", "the other"])
def test_a_yes_in_the_batch_of_the_merge_but_before_it_reopens_nothing(
    granting: Device, two: Shop
) -> None:
    refusing = TABLET if granting is PHONE else PHONE
    hear(two, refusing.says(False))

    hear(two, granting.says(True), MERGE)

    assert not is_open(two)


def test_a_yes_said_before_the_merge_that_arrives_after_it_reopens_nothing(two: Shop) -> None:
    hear(two, TABLET.says(False))
    earlier = clock.now().isoformat()
    hear(two, MERGE)

    hear(two, PHONE.says(True, timestamp=earlier))

    assert not is_open(two)


def test_a_yes_said_after_the_merge_reopens(two: Shop) -> None:
    hear(two, PHONE.says(True), TABLET.says(False))
    hear(two, MERGE)

    hear(two, TABLET.says(True))

    assert is_open(two)


def test_a_birth_date_in_the_batch_of_the_merge_reopens_no_row(two: Shop) -> None:
    hear(two, PHONE.says(False), TABLET.says(True))

    hear(two, TABLET.signs_up(), MERGE)

    assert not is_open(two)


def test_a_minor_on_either_device_makes_the_person_one(two: Shop) -> None:
    hear(two, PHONE.says(True), TABLET.says(True))
    child = TABLET.signs_up()
    child["traits"]["birthday"] = "2015-01-01"
    two.send(child)

    hear(two, MERGE)

    assert not is_open(two)


def test_a_yes_by_cookie_alone_holds_for_the_visitor_and_does_not_travel(shop: Shop) -> None:
    shop.send({**PHONE.signs_up(), "traits": {"birthday": "1990-01-01"}})
    hear(shop, PHONE.says(True, by_address=False))
    visitor = shop.subject_of("anonymous_id", PHONE.cookie)
    alone = stored(Customer(visitor, PHONE.cookie, PHONE.address))
    shop.send(TABLET.signs_up())

    hear(shop, MERGE)

    assert any(row.bits & BY_KEY[EMAIL].mask for row in alone)
    assert not is_open(shop)


def test_a_merged_person_still_expires_and_leaves_nothing_waiting(two: Shop) -> None:
    hear(two, PHONE.says(True), TABLET.says(True))
    hear(two, MERGE)
    with database.as_role(Role.INGEST):
        due = SubjectFacts.objects.get(pk=priya(two).subject).next_change_at
    assert due is not None
    late = due + timedelta(days=1)

    with database.as_role(Role.INGEST):
        expire.fold_due(as_of=late)
    with clock.stopped(late), purpose("service", actor=ACTOR):
        pass  # opens: no file waits for a fold

    assert not is_open(two)
