"""Who a campaign could reach, counted under its own purpose."""

import pytest

from campaigns.planning.reach import count_reach
from tests.campaigns.conftest import WORKER, Office
from tests.people import EVERYTHING, Customer, Shop

pytestmark = pytest.mark.django_db


def test_reach_counts_members_who_permit_and_who_have_an_address(
    office: Office, shop: Shop, mei: Customer, jonas: Customer
) -> None:
    shop.send({"type": "identify", "userId": "noor", "traits": {"birthday": "1984-01-01"}})
    noor = Customer(shop.subject_of("user_id", "noor"), "noor", "")
    shop.hear(noor, EVERYTHING)
    campaign = office.campaign([mei, jonas, noor])

    reach = count_reach(campaign, actor=WORKER)

    assert (reach.permitted, reach.addressable) == (2, 1)
