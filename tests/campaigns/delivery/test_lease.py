"""The claim: the last consent check, the only opening of addresses, one row a person."""

from datetime import datetime, timedelta

import pytest

from campaigns.delivery import lease
from campaigns.delivery.states import State
from campaigns.planning import audience
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent.models import Explanation
from consent.window import purpose
from tests.campaigns.conftest import WORKER, Office, deliveries
from tests.people import EVERYTHING, Customer, Shop

pytestmark = pytest.mark.django_db


def claim(office: Office, campaign: object, *, owner: str = "one", limit: int = 10) -> lease.Claim:
    return lease.claim(office.plan(campaign), owner=owner, limit=limit, actor=WORKER)  # type: ignore[arg-type]


def test_a_claim_opens_the_addresses_of_who_permits(
    office: Office, mei: Customer, jonas: Customer
) -> None:
    campaign = office.launched([mei, jonas])

    claimed = claim(office, campaign)

    assert [each.person.address for each in claimed.leased] == [mei.email]
    assert deliveries() == {mei.subject: ("claimed", "")}  # Jonas never got a row


def test_who_withdrew_after_the_launch_is_not_claimed(
    office: Office, shop: Shop, mei: Customer, sofia: Customer
) -> None:
    """Case 42."""
    campaign = office.launched([mei, sofia])
    shop.hear(sofia, {"marketing.email": False})

    claimed = claim(office, campaign)

    assert [each.subject for each in claimed.leased] == [mei.subject]
    assert deliveries()[sofia.subject] == ("queued", "")


def test_a_later_yes_does_not_revive_what_was_queued_before_the_withdrawal(
    office: Office, shop: Shop, sofia: Customer
) -> None:
    campaign = office.launched([sofia])
    shop.hear(sofia, {"marketing.email": False})
    shop.hear(sofia, {"marketing.email": True})

    assert claim(office, campaign).taken == 0


def test_a_second_claim_takes_nothing_that_the_first_holds(
    office: Office, mei: Customer, sofia: Customer
) -> None:
    campaign = office.launched([mei, sofia])

    first = claim(office, campaign, limit=1)
    second = claim(office, campaign, owner="two")

    taken = [each.subject for each in [*first.leased, *second.leased]]
    assert sorted(taken) == sorted([mei.subject, sofia.subject])


def test_freezing_twice_gives_nobody_a_second_message(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    total = audience.freeze(campaign, most=10, actor=WORKER)

    assert total == 1
    assert claim(office, campaign).taken == 1


def test_a_paused_campaign_is_not_claimed(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])
    campaign.state = "paused"
    campaign.save()

    assert claim(office, campaign).taken == 0


def test_who_has_no_address_is_skipped_with_the_reason(office: Office, shop: Shop) -> None:
    shop.send({"type": "identify", "userId": "noor", "traits": {"birthday": "1984-01-01"}})
    noor = Customer(shop.subject_of("user_id", "noor"), "noor", "")
    shop.hear(noor, EVERYTHING)
    campaign = office.launched([noor])

    claimed = claim(office, campaign)

    assert (claimed.leased, claimed.without_address) == ([], 1)
    assert deliveries() == {noor.subject: ("skipped", "no_address")}


def test_each_claim_explains_itself_once(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    claimed = claim(office, campaign)

    with database.as_role(Role.PORTAL):
        assert not Explanation.objects.exists()  # nobody's window is open
    explanation = Explanation.objects.get(subject_id=mei.subject)
    assert explanation.ref == str(claimed.leased[0].id)
    assert "Tea lovers" in explanation.rule_plain["en"]
    assert explanation.facts[0]["label"]["en"] == "12 orders"


def test_each_opened_address_is_on_the_record(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    claim(office, campaign)

    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute(
            "SELECT act, purpose FROM audit_inbox WHERE subject = %s AND actor = %s",
            [mei.subject, str(WORKER)],
        )
        assert ("vault.open", "marketing.email") in sql.fetchall()


def test_a_withdrawal_between_claim_and_call_stops_the_call(
    office: Office, shop: Shop, mei: Customer, sofia: Customer
) -> None:
    """Case 42: mid-run."""
    campaign = office.launched([mei, sofia])
    claimed = claim(office, campaign)
    shop.hear(sofia, {"marketing.email": False})

    with purpose("marketing.email", actor=WORKER):
        marked, _ = lease.mark([each.id for each in claimed.leased], owner="one")

    called = {each.subject for each in claimed.leased if each.id in marked}
    assert called == {mei.subject}


def test_marking_some_renews_the_rest(
    office: Office, mei: Customer, sofia: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei, sofia])
    claimed = claim(office, campaign)
    later = at_noon + timedelta(seconds=50)

    with clock.stopped(later), purpose("marketing.email", actor=WORKER):
        _, until = lease.mark([claimed.leased[0].id], owner="one")

    with database.as_role(Role.SWEEP), database.cursor() as sql:
        sql.execute("SELECT state, lease_until FROM campaigns_delivery ORDER BY state")
        assert sql.fetchall() == [(State.CALLING, until), (State.CLAIMED, until)]


def test_the_holder_records_a_call_although_the_person_withdrew_meanwhile(
    office: Office, shop: Shop, sofia: Customer
) -> None:
    campaign = office.launched([sofia])
    office.provider.after = lambda address: shop.hear(sofia, {"marketing.email": False})

    office.drain(campaign)

    assert deliveries() == {sofia.subject: ("sent", "")}


def test_nobody_but_the_holder_records(office: Office, shop: Shop, sofia: Customer) -> None:
    campaign = office.launched([sofia])
    claimed = claim(office, campaign, owner="one")
    with purpose("marketing.email", actor=WORKER):
        lease.mark([each.id for each in claimed.leased], owner="one")
    shop.hear(sofia, {"marketing.email": False})
    sent = lease.Settlement(State.SENT)

    with purpose("marketing.email", actor=WORKER):
        lease.record({claimed.leased[0].id: sent}, owner="two")
    by_another = deliveries()
    with purpose("marketing.email", actor=WORKER):
        lease.record({claimed.leased[0].id: sent}, owner="one")

    assert by_another == {sofia.subject: ("calling", "")}
    assert deliveries() == {sofia.subject: ("sent", "")}
