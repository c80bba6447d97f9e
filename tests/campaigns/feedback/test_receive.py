"""What comes back: clicks and unsubscribes, as events and as consent."""

import re
from datetime import datetime

import pytest

from campaigns.feedback import receive
from campaigns.feedback.receive import UnknownLink
from campaigns.planning.models import Campaign
from cdp.kernel import database
from cdp.kernel.roles import Role
from consent.models import ConsentRecord
from tests.campaigns.conftest import Office, deliveries
from tests.people import Customer, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(office: Office, sofia: Customer) -> Campaign:
    """Return a campaign that Sofia got."""
    campaign = office.launched([sofia])
    office.drain(campaign)
    return campaign


def token(office: Office, kind: str) -> str:
    found = re.search(rf"/{kind}/([\w-]+)", office.provider.kept[-1][2].text)
    assert found
    return found[1]


def events(shop: Shop, customer: Customer) -> list[str]:
    """Return the names of a customer's events, after the drain has run."""
    shop.send()
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            """SELECT e.name FROM profiles_event e JOIN kernel_origin o ON o.origin = e.subject_id
               WHERE o.subject_id = %s AND e.kind = 'track' ORDER BY e.seq""",
            [customer.subject],
        )
        return [name for (name,) in sql.fetchall()][1:]  # the first is what she said at the start


def test_a_sent_message_is_an_event_of_the_person(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer
) -> None:
    assert events(shop, sofia) == ["Email Sent"]


def test_a_click_leads_on_and_is_an_event(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer
) -> None:
    with database.as_role(Role.PORTAL):
        target = receive.follow(token(office, "r"), is_counted=True)

    assert target == "https://shop.example/tea"
    assert sorted(events(shop, sofia)) == ["Email Link Clicked", "Email Sent"]


def test_a_scanner_is_led_on_and_not_counted(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer
) -> None:
    with database.as_role(Role.PORTAL):
        receive.follow(token(office, "r"), is_counted=False)

    assert events(shop, sofia) == ["Email Sent"]


def test_looking_at_an_unsubscribe_link_changes_nothing(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer
) -> None:
    with database.as_role(Role.PORTAL):
        stoppable = receive.find_stoppable(token(office, "u"))

    assert stoppable.purpose == "marketing.email"
    assert events(shop, sofia) == ["Email Sent"]


def test_an_unsubscribe_withdraws_and_stops_what_is_queued(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer, mei: Customer, at_noon: datetime
) -> None:
    link = token(office, "u")
    again = office.campaign([sofia, mei], name="Again", segment="Both", template="Other")
    again = office.go(again)

    with database.as_role(Role.PORTAL):
        stopped_at = receive.stop(link)
    office.provider.kept.clear()
    office.drain(again)

    assert stopped_at == at_noon
    assert office.provider.addresses == [mei.email]
    record = ConsentRecord.objects.get(method="one_click")
    assert (record.subject_id, record.state) == (sofia.subject, "withdrawn")
    assert record.purpose_id == "marketing.email"
    assert "Unsubscribed" in events(shop, sofia)


def test_a_second_press_of_the_link_is_answered_and_reported_once(
    office: Office, shop: Shop, sent: Campaign, sofia: Customer
) -> None:
    link = token(office, "u")

    with database.as_role(Role.PORTAL):
        receive.stop(link)
        receive.stop(link)

    assert events(shop, sofia).count("Unsubscribed") == 1


def test_the_link_of_a_person_who_became_another_stops_that_person(
    office: Office, shop: Shop, mei: Customer, sofia: Customer
) -> None:
    office.drain(office.launched([sofia]))
    link = token(office, "u")
    # one call with both identifiers joins the two; the older id stays
    shop.send({"type": "identify", "userId": mei.user_id, "traits": {"email": mei.email}})
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "UPDATE kernel_origin SET subject_id = %s WHERE subject_id = %s",
            [mei.subject, sofia.subject],
        )

    with database.as_role(Role.PORTAL):
        receive.stop(link)

    record = ConsentRecord.objects.get(method="one_click")
    assert record.subject_id == mei.subject


@pytest.mark.parametrize("kind", ["u", "r"])
def test_a_forged_link_is_unknown(office: Office, sent: Campaign, kind: str) -> None:
    with database.as_role(Role.PORTAL), pytest.raises(UnknownLink):
        if kind == "u":
            receive.stop("forged" * 8)
        else:
            receive.follow("forged" * 8, is_counted=True)


def test_a_click_link_does_not_unsubscribe(office: Office, sent: Campaign, sofia: Customer) -> None:
    with database.as_role(Role.PORTAL), pytest.raises(UnknownLink):
        receive.stop(token(office, "r"))

    assert deliveries()[sofia.subject] == ("sent", "")
