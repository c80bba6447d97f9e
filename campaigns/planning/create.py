"""Planning a campaign: what to say, to whom, why, by which channel. Nothing is sent from here."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from campaigns.channels import registry
from campaigns.messages import create as templates
from campaigns.messages import fields
from campaigns.planning import approval
from campaigns.planning.models import Campaign
from cdp.kernel.errors import CdpError
from consent import purposes
from consent.catalog import CATALOG, PurposeSpec
from profiles.segments.models import Segment

MARKETING = "marketing."
State = Campaign.State


class CampaignRefused(CdpError):
    """A campaign cannot be planned like this; the text says what to change."""

    code = "campaign_refused"


class NoSuchCampaign(CdpError):
    """The campaign does not exist in this workspace."""

    code = "no_such_campaign"


class NotADraft(CdpError):
    """A launched campaign is not edited."""

    code = "not_a_draft"


def sending_purposes() -> list[PurposeSpec]:
    """Return the purposes that a campaign may send under: marketing, by a channel that exists."""
    return [spec for spec in CATALOG if _may_send(spec)]


def _may_send(spec: PurposeSpec) -> bool:
    return spec.open and spec.key.startswith(MARKETING) and spec.channel in registry.CHANNELS


def create_campaign(
    name: str,
    *,
    purpose_key: str = "marketing.email",
    segment_id: UUID | None = None,
    template_id: UUID | None = None,
    actor: Actor,
) -> Campaign:
    """
    Create a draft; segment and template may be chosen later.

    :raises CampaignRefused: no name, name taken, or no purpose to send under
    :raises NoSuchTemplate: the template does not exist
    """
    spec = _purpose(purpose_key)
    campaign = Campaign(
        name=_name(name),
        purpose_key=spec.key,
        channel=spec.channel,
        segment_id=segment_id,
        template_id=template_id,
        created_by=str(actor),
    )
    _check(campaign)
    try:
        with acting(actor):
            campaign.save(force_insert=True)
            record(actor, "campaign.create", obj=f"campaign:{campaign.id}")
    except IntegrityError:
        raise CampaignRefused("Another campaign has this name. Choose a different one.") from None
    return campaign


def edit_campaign(
    campaign_id: UUID,
    *,
    name: str | None = None,
    purpose_key: str | None = None,
    segment_id: UUID | None = None,
    template_id: UUID | None = None,
    actor: Actor,
) -> Campaign:
    """
    Change what is given of a draft; an approval for what it was before ends.

    :raises NoSuchCampaign: there is none
    :raises NotADraft: it was launched
    :raises CampaignRefused: name taken, or no purpose to send under
    """
    try:
        with acting(actor):
            campaign = lock(campaign_id)
            if campaign.state != State.DRAFT:
                raise NotADraft("It was launched. Make a new campaign to say something else.")
            if name is not None:
                campaign.name = _name(name)
            if purpose_key is not None:
                spec = _purpose(purpose_key)
                campaign.purpose_key, campaign.channel = spec.key, spec.channel
            campaign.segment_id = segment_id or campaign.segment_id
            campaign.template_id = template_id or campaign.template_id
            _check(campaign)
            campaign.save()
            approval.overtake(campaign, actor=actor)
            record(actor, "campaign.edit", obj=f"campaign:{campaign.id}")
    except IntegrityError:
        raise CampaignRefused("Another campaign has this name. Choose a different one.") from None
    return campaign


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 120:
        raise CampaignRefused("Give the campaign a name of at most 120 characters.")
    return cleaned


def _purpose(key: str) -> PurposeSpec:
    spec = purposes.spec(key)
    if not _may_send(spec):
        raise CampaignRefused("Choose a marketing purpose whose channel is set up.", purpose=key)
    return spec


def _check(campaign: Campaign) -> None:
    """Refuse a segment or template that does not exist, or that the purpose does not cover."""
    segments = Segment.objects.filter(archived_at=None)
    if campaign.segment_id and not segments.filter(pk=campaign.segment_id).exists():
        raise CampaignRefused("Choose a segment that exists.")
    if campaign.template_id:
        template = templates.find(campaign.template_id)
        if template.channel != campaign.channel:
            raise CampaignRefused("Choose a template that was written for this channel.")
        check_covers(campaign.purpose_key, template.fields)


def check_covers(purpose_key: str, variables: Sequence[str]) -> None:
    """
    Refuse variables whose data the purpose may not read.

    :raises CampaignRefused: names them and says what to do
    """
    refused = fields.uncovered(variables, purposes.spec(purpose_key).categories)
    if refused:
        raise CampaignRefused(
            f"“{purpose_key}” does not cover: {', '.join(refused)}. Take them out, or send under "
            "the personalized form of the purpose."
        )


def lock(campaign_id: UUID) -> Campaign:
    """
    Return one campaign of this workspace, locked until the transaction ends.

    :raises NoSuchCampaign: there is none
    """
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise _absent(campaign_id)
    return campaign


def find(campaign_id: UUID) -> Campaign:
    """
    Return one campaign of this workspace.

    :raises NoSuchCampaign: there is none
    """
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise _absent(campaign_id)
    return campaign


def _absent(campaign_id: UUID) -> NoSuchCampaign:
    return NoSuchCampaign("Choose a campaign that exists.", campaign=str(campaign_id))
