"""Launching, pausing, resuming, stopping: each from the right state, each on the record."""

import pytest

from campaigns.broadcasts.launch import launch, pause, resume, stop
from campaigns.planning import create
from campaigns.planning.create import CampaignRefused
from campaigns.planning.lifecycle import NotFromHere
from campaigns.planning.models import Campaign
from cdp.kernel import database
from cdp.kernel.models import JobRun
from cdp.kernel.roles import Role
from tests.campaigns.conftest import ALICE, Office
from tests.people import Customer

pytestmark = pytest.mark.django_db


def acts(campaign: Campaign) -> list[str]:
    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute(
            "SELECT act FROM audit_inbox WHERE obj = %s ORDER BY id", [f"campaign:{campaign.pk}"]
        )
        return [act for (act,) in sql.fetchall()]


def test_a_launch_prepares_the_campaign_and_starts_a_run(office: Office, mei: Customer) -> None:
    campaign = office.campaign([mei])

    with database.as_role(Role.WEB):
        started = launch(campaign.pk, actor=ALICE)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.job_id) == ("preparing", started.pk)
    assert started.state == JobRun.State.QUEUED
    assert started.purpose == "marketing.email"
    assert acts(campaign) == ["campaign.create", "campaign.launch"]


def test_a_campaign_is_launched_once(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    with database.as_role(Role.WEB), pytest.raises(NotFromHere):
        launch(campaign.pk, actor=ALICE)

    assert JobRun.objects.filter(kind="send-campaign").count() == 1


def test_a_campaign_without_segment_or_template_is_not_launched(office: Office) -> None:
    with database.as_role(Role.WEB):
        campaign = create.create_campaign("Bare", actor=ALICE)
        with pytest.raises(CampaignRefused):
            launch(campaign.pk, actor=ALICE)

    campaign.refresh_from_db()
    assert campaign.state == "draft"


def test_pause_and_resume_go_on_in_a_run_of_their_own(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    with database.as_role(Role.WEB):
        pause(campaign.pk, actor=ALICE)
        resumed = resume(campaign.pk, actor=ALICE)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.job_id) == ("sending", resumed.pk)
    assert acts(campaign)[-2:] == ["campaign.pause", "campaign.resume"]


def test_only_a_paused_campaign_is_resumed(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    with database.as_role(Role.WEB), pytest.raises(NotFromHere):
        resume(campaign.pk, actor=ALICE)


def test_a_stopped_campaign_asks_its_run_to_end(office: Office, mei: Customer) -> None:
    campaign = office.launched([mei])

    with database.as_role(Role.WEB):
        stop(campaign.pk, actor=ALICE)

    campaign.refresh_from_db()
    assert campaign.state == "stopped"
    assert office.run_of(campaign).cancel_requested
    assert acts(campaign)[-1] == "campaign.stop"
