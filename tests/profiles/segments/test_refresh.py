"""Refreshing a segment: who enters, who leaves, and who must never be in it."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from cdp.kernel import clock, database
from cdp.kernel.protected import Category
from cdp.kernel.roles import Role
from consent import ledger
from consent.models import DataUse
from consent.window import purpose, subject_window
from profiles.segments.create import create_segment
from profiles.segments.edit import archive_segment, edit_segment
from profiles.segments.estimate import count, estimate
from profiles.segments.find import NoSuchSegment
from profiles.segments.matching import LeafCount
from profiles.segments.members import members, memberships
from profiles.segments.models import Segment
from profiles.segments.refresh import Change, refresh
from profiles.segments.rules import parse
from tests.people import EVERYTHING, Customer, Shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

ALICE = "op:alice"
SPENT = {
    "event": "Order Completed",
    "where": [{"property": "department", "op": "eq", "value": "MEAT"}],
    "window": {"last_days": 90},
    "measure": "sum",
    "op": "gt",
    "value": 5_000,
}
QUIET = {
    "event": "Order Completed",
    "window": {"last_days": 30},
    "measure": "count",
    "op": "eq",
    "value": 0,
}
RULE = {"version": 1, "where": {"all": [SPENT, QUIET]}}


def make(rule: dict[str, Any] = RULE, name: str = "Meat lovers at risk") -> Segment:
    with database.as_role(Role.WEB):
        return create_segment(name, rule=rule, actor=ALICE)


def refreshed(segment: Segment) -> Change:
    return refresh(segment.pk, as_of=clock.now(), actor="sys:test")


def stored(segment: Segment) -> dict[UUID, list[dict[str, Any]]]:
    """Return the members there are, whoever permits it, as the role that sees all."""
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "SELECT subject_id, reason::text FROM profiles_membership WHERE segment_id = %s",
            [segment.pk],
        )
        return {subject: json.loads(reason) for subject, reason in sql.fetchall()}


@pytest.fixture
def mei(shop: Shop) -> Customer:
    """Mei permits everything, spent on meat 40 days ago and nothing since."""
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.sell(mei, 80, days_ago=40, department="MEAT")
    return mei


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    """Jonas did the same and refused everything."""
    jonas = shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))
    shop.sell(jonas, 80, days_ago=40, department="MEAT")
    return jonas


def test_who_matches_enters_and_who_refused_does_not(
    shop: Shop, mei: Customer, jonas: Customer
) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    shop.sell(sofia, 80, days_ago=10, department="MEAT")
    segment = make()

    change = refreshed(segment)

    assert change == Change(size=1, entered=1, left=0)
    assert stored(segment).keys() == {mei.subject}
    segment.refresh_from_db()
    assert (segment.size, segment.refreshed_at) == (1, clock.now())
    assert segment.counts == {"match": 1, "consented": 1, "reachable": 1}
    assert segment.due_at == clock.now() + timedelta(minutes=60)


def test_the_reason_tells_each_leaf_with_the_own_value(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)

    spent, quiet = stored(segment)[mei.subject]

    assert (spent["path"], spent["truth"], spent["value"]) == ("where.all.0", True, 8_000)
    assert (quiet["path"], quiet["truth"], quiet["value"]) == ("where.all.1", True, 0)
    assert spent["category"] == Category.PURCHASE
    assert spent["label"]["en"].endswith("in the last 90 days: 80.00 USD")
    assert quiet["label"]["zh-hans"] == "近 30 天内订单数：0"


def test_a_second_refresh_changes_nothing(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)
    before = stored(segment)

    assert refreshed(segment) == Change(size=1, entered=0, left=0)
    assert stored(segment) == before


def test_who_no_longer_matches_leaves(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)
    shop.sell(mei, 5, days_ago=1)

    assert refreshed(segment) == Change(size=0, entered=0, left=1)
    assert stored(segment) == {}


def test_a_moment_in_the_past_shows_who_matched_then(shop: Shop, mei: Customer) -> None:
    segment = make()
    shop.sell(mei, 5, days_ago=1)

    then = clock.now() - timedelta(days=2)
    change = refresh(segment.pk, as_of=then, actor="sys:test")

    assert change.size == 1


def test_withdrawing_takes_the_membership_away_at_once_and_for_good(
    shop: Shop, mei: Customer
) -> None:
    segment = make()
    refreshed(segment)

    shop.hear(mei, {"profiling.segmentation": False})

    assert stored(segment) == {}
    assert refreshed(segment) == Change(size=0, entered=0, left=0)


def test_who_refuses_groups_as_a_category_is_left_out_and_the_others_enter(
    shop: Shop, mei: Customer
) -> None:
    others = [shop.welcome(f"other-{number}", says=EVERYTHING) for number in range(4)]
    for other in others:
        shop.sell(other, 80, days_ago=40, department="MEAT")
    refuse_category(mei, Category.SEGMENT)
    segment = make()

    change = refreshed(segment)

    assert change == Change(size=4, entered=4, left=0, refused=1)
    assert stored(segment).keys() == {other.subject for other in others}


def refuse_category(customer: Customer, category: Category) -> None:
    subject = customer.subject
    with database.as_role(Role.PORTAL), subject_window(subject, actor=f"cust:{subject}"):
        ledger.set_category(customer.subject, category=category, allowed=False, actor=ALICE)


def test_a_new_rule_gives_members_who_stay_a_new_reason(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)
    with database.as_role(Role.WEB):
        edit_segment(segment.pk, actor=ALICE, rule={"version": 1, "where": SPENT})

    assert refreshed(segment) == Change(size=1, entered=0, left=0)

    (only,) = stored(segment)[mei.subject]
    assert (only["path"], only["rule"]) == ("where", 2)


def test_an_archived_segment_loses_its_members(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)
    with database.as_role(Role.WEB):
        archive_segment(segment.pk, actor=ALICE)

    assert refreshed(segment) == Change(size=0, entered=0, left=1)
    segment.refresh_from_db()
    assert segment.due_at is None


def test_a_segment_may_build_on_another(shop: Shop, mei: Customer) -> None:
    base = make()
    refreshed(base)
    outside = {"version": 1, "where": {"segment": str(base.pk), "in": False}}
    sofia = shop.welcome("sofia", says=EVERYTHING)
    others = make(outside, name="Everybody else")

    refreshed(others)

    assert stored(others).keys() == {sofia.subject}
    (reason,) = stored(others)[sofia.subject]
    assert reason["label"]["en"] == "In the segment “Meat lovers at risk”: no"


def test_a_refresh_is_one_recorded_use_of_everybody_considered(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)

    use = DataUse.objects.get(act="refresh_segment")

    assert (use.purpose_key, use.scope, use.ref) == (
        "profiling.segmentation", "open", f"segment:{segment.pk}",
    )  # fmt: skip


def test_a_segment_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(NoSuchSegment):
        refresh(UUID(int=1), as_of=clock.now(), actor="sys:test")


def test_members_and_memberships_are_read_in_a_window(shop: Shop, mei: Customer) -> None:
    segment = make()
    refreshed(segment)

    with purpose("profiling.segmentation", actor="op:alice"):
        inside = members(segment.pk)
        of_mei = memberships(mei.subject)

    assert [each.subject for each in inside] == [mei.subject]
    assert [(each.segment, each.entered_at) for each in of_mei] == [(segment.pk, clock.now())]
    assert of_mei[0].reason[0]["truth"] is True


def test_the_funnel_goes_from_match_to_consented_to_reachable(shop: Shop, mei: Customer) -> None:
    quiet = shop.welcome("no-mail", says={**EVERYTHING, "marketing.email": False})
    shop.sell(quiet, 80, days_ago=40, department="MEAT")
    nameless = no_address(shop)
    shop.sell(nameless, 80, days_ago=40, department="MEAT")
    shop.welcome("bystander", says=EVERYTHING)

    funnel = count(parse(RULE), as_of=clock.now(), actor=ALICE)

    assert (funnel.population, funnel.match, funnel.unknown) == (4, 3, 0)
    assert (funnel.consented, funnel.reachable) == (2, 1)
    assert [(leaf.path, leaf.match) for leaf in funnel.leaves] == [
        ("where.all.0", 3), ("where.all.1", 4),
    ]  # fmt: skip


def no_address(shop: Shop) -> Customer:
    """Return a customer who permits e-mail and left no address."""
    shop.send({"type": "identify", "userId": "noor", "traits": {"birthday": "1984-05-02"}})
    noor = Customer(shop.subject_of("user_id", "noor"), "noor", "")
    shop.hear(noor, EVERYTHING)
    return noor


def test_a_withdrawal_lowers_the_count_by_exactly_one(shop: Shop, mei: Customer) -> None:
    sofia = shop.welcome("sofia", says=EVERYTHING)
    shop.sell(sofia, 80, days_ago=40, department="MEAT")
    before = count(parse(RULE), as_of=clock.now(), actor=ALICE)

    shop.hear(sofia, {"marketing.email": False})
    after = count(parse(RULE), as_of=clock.now(), actor=ALICE)

    assert (before.match, before.consented) == (2, 2)
    assert (after.match, after.consented) == (2, 1)


def test_an_estimate_tells_how_many_are_unknown(shop: Shop, mei: Customer) -> None:
    shop.welcome("owner", says=EVERYTHING, home_ownership="Homeowner")
    renter = {"trait": "home_ownership", "op": "ne", "value": "Homeowner"}

    counted = estimate(parse({"version": 1, "where": renter}), as_of=clock.now(), actor=ALICE)

    assert (counted.considered, counted.match, counted.unknown) == (2, 0, 1)
    assert counted.leaves == (LeafCount("where", 0, 1),)
