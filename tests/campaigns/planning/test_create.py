"""Drafts: what may be planned, and what the purpose does not cover."""

import pytest

from campaigns.planning import create
from campaigns.planning.create import CampaignRefused, NoSuchCampaign, NotADraft
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from consent.purposes import UnknownPurpose
from tests.campaigns.conftest import ALICE, Office
from tests.people import Customer

pytestmark = pytest.mark.django_db

TRAIT = {"en": '{{ favorite_department | default: "our shop" }}'}


def test_a_draft_names_what_to_whom_and_why(office: Office, mei: Customer) -> None:
    campaign = office.campaign([mei])

    assert (campaign.state, campaign.channel) == ("draft", "email")
    assert campaign.purpose_key == "marketing.email"


def test_only_marketing_by_a_channel_that_exists_is_a_purpose_to_send_under() -> None:
    keys = {spec.key for spec in create.sending_purposes()}

    assert keys == {"marketing.email", "marketing.email.personalized"}


@pytest.mark.parametrize("key", ["service", "marketing.sms", "profiling.segmentation"])
def test_another_purpose_is_refused(office: Office, key: str) -> None:
    with database.as_role(Role.WEB), pytest.raises(CampaignRefused):
        create.create_campaign("Sale", purpose_key=key, actor=ALICE)


def test_an_unknown_purpose_is_refused(office: Office) -> None:
    with database.as_role(Role.WEB), pytest.raises(UnknownPurpose):
        create.create_campaign("Sale", purpose_key="marketing.pigeon", actor=ALICE)


def test_a_template_that_mentions_traits_needs_the_personalized_purpose(office: Office) -> None:
    template = office.template("Traits", subject={"en": "Hi"}, body=TRAIT)

    with database.as_role(Role.WEB):
        with pytest.raises(CampaignRefused, match="favorite_department"):
            create.create_campaign("Plain", template_id=template.pk, actor=ALICE)
        allowed = create.create_campaign(
            "Chosen",
            purpose_key="marketing.email.personalized",
            template_id=template.pk,
            actor=ALICE,
        )

    assert allowed.template_id == template.pk


def test_two_campaigns_do_not_share_a_name(office: Office) -> None:
    with database.as_role(Role.WEB):
        create.create_campaign("Sale", actor=ALICE)
        with pytest.raises(CampaignRefused, match="name"):
            create.create_campaign("  Sale ", actor=ALICE)


def test_a_draft_is_edited_and_a_launched_campaign_is_not(office: Office, mei: Customer) -> None:
    campaign = office.campaign([mei])

    with database.as_role(Role.WEB):
        edited = create.edit_campaign(campaign.pk, name="Summer sale", actor=ALICE)
    launched = office.go(edited)

    assert edited.name == "Summer sale"
    with database.as_role(Role.WEB), pytest.raises(NotADraft):
        create.edit_campaign(launched.pk, name="Too late", actor=ALICE)


def test_what_does_not_exist_is_named(office: Office) -> None:
    with database.as_role(Role.WEB):
        with pytest.raises(NoSuchCampaign):
            create.edit_campaign(uuid7(), name="x", actor=ALICE)
        with pytest.raises(CampaignRefused, match="segment"):
            create.create_campaign("Sale", segment_id=uuid7(), actor=ALICE)
