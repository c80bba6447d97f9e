"""The sweeper, under its own login: leases, doubt, withdrawals, counts, the end."""

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError

from campaigns.delivery import lease
from campaigns.delivery.sweep import Swept, sweep
from campaigns.planning.models import Campaign
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from consent.window import purpose
from tests.campaigns.conftest import WORKER, Office, deliveries
from tests.people import Customer, Shop

pytestmark = pytest.mark.django_db


def swept(at: datetime) -> Swept:
    """Sweep as the loop does: no workspace entered."""
    with clock.stopped(at), database.as_role(Role.SWEEP), database.in_workspace(None):
        return sweep()


def claim(office: Office, campaign: Campaign) -> lease.Claim:
    return lease.claim(office.plan(campaign), owner="one", limit=10, actor=WORKER)


def test_a_claim_whose_worker_died_goes_back_to_the_queue(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei])
    claim(office, campaign)

    early = swept(at_noon + timedelta(seconds=59))
    late = swept(at_noon + timedelta(seconds=61))

    assert (early.returned, late.returned) == (0, 1)
    assert deliveries() == {mei.subject: ("queued", "")}


def test_a_call_whose_worker_died_is_handed_over_once_more(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei])
    claimed = claim(office, campaign)
    with purpose("marketing.email", actor=WORKER):
        lease.mark([each.id for each in claimed.leased], owner="one")

    first = swept(at_noon + timedelta(seconds=61))

    assert (first.doubtful, first.repeated) == (1, 1)
    assert deliveries() == {mei.subject: ("queued", "repeat")}


def test_a_late_answer_settles_what_was_doubtful(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei])
    claimed = claim(office, campaign)
    with purpose("marketing.email", actor=WORKER):
        lease.mark([each.id for each in claimed.leased], owner="one")
    campaign.state = "stopped"  # so that it is not queued again at once
    campaign.save()
    swept(at_noon + timedelta(seconds=61))
    doubtful = deliveries()

    with purpose("marketing.email", actor=WORKER):
        lease.record({claimed.leased[0].id: lease.Settlement(lease.State.SENT)}, owner="one")

    assert doubtful == {mei.subject: ("unknown", "no_answer_final")}
    assert deliveries() == {mei.subject: ("sent", "")}


def test_a_queued_delivery_of_who_withdrew_is_skipped_and_says_why(
    office: Office, shop: Shop, mei: Customer, sofia: Customer, at_noon: datetime
) -> None:
    """Case 42: the reason."""
    office.launched([mei, sofia])
    shop.hear(sofia, {"marketing.email": False})

    done = swept(at_noon)

    assert done.withdrawn == 1
    assert deliveries() == {mei.subject: ("queued", ""), sofia.subject: ("skipped", "consent")}


def test_what_is_queued_of_a_stopped_campaign_is_skipped(
    office: Office, mei: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei])
    campaign.state = "stopped"
    campaign.save()

    swept(at_noon)

    assert deliveries() == {mei.subject: ("skipped", "stopped")}


def test_counts_are_kept_and_a_campaign_with_nothing_open_is_finished(
    office: Office, shop: Shop, mei: Customer, sofia: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([mei, sofia])

    swept(at_noon)
    campaign.refresh_from_db()
    before = (campaign.state, campaign.counts)
    shop.hear(sofia, {"marketing.email": False})
    office.drain(campaign)
    done = swept(at_noon)
    campaign.refresh_from_db()

    assert before == ("sending", {"total": 2, "queued": 2, "due": 2})
    assert done.finished == 1
    assert (campaign.state, campaign.finished_at) == ("finished", at_noon)
    assert campaign.counts == {"total": 2, "sent": 1, "skipped": 1, "skipped.consent": 1}


def test_a_campaign_for_nobody_is_finished(
    office: Office, jonas: Customer, at_noon: datetime
) -> None:
    campaign = office.launched([jonas])

    swept(at_noon)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.counts) == ("finished", {"total": 0})


def test_a_second_sweep_changes_nothing(office: Office, mei: Customer, at_noon: datetime) -> None:
    campaign = office.launched([mei])
    claim(office, campaign)
    swept(at_noon + timedelta(seconds=61))

    again = swept(at_noon + timedelta(seconds=62))

    assert again == Swept(0, 0, 0, 0, 0, 0, 0)


def test_the_sweeper_reads_no_address_and_changes_no_subject(office: Office, mei: Customer) -> None:
    office.launched([mei])

    for statement in (
        "SELECT * FROM profiles_vaultvalue",
        "UPDATE campaigns_delivery SET subject_id = gen_random_uuid()",
        "UPDATE campaigns_delivery SET purpose_bits = -1",
        "DELETE FROM campaigns_delivery",
    ):
        with (
            database.as_role(Role.SWEEP),
            pytest.raises(ProgrammingError, match="permission denied"),
            database.atomic(),
            database.cursor() as sql,
        ):
            sql.execute(statement)
