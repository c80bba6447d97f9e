"""What every message of one campaign has in common, read once before the first claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.channels import registry
from campaigns.channels.base import Channel
from campaigns.delivery import announce
from campaigns.messages import create as templates
from campaigns.messages import links
from campaigns.messages.render import Source
from campaigns.planning.create import CampaignRefused, check_covers
from campaigns.planning.create import find as find_campaign
from cdp.kernel.models import Workspace
from consent import purposes
from consent.catalog import PurposeSpec
from profiles.segments.models import Segment


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign, ready to be sent: no person in it."""

    campaign_id: UUID
    name: str
    occurrence: int
    spec: PurposeSpec
    channel: Channel
    sources: Mapping[str, Source]  # by language
    variables: tuple[str, ...]
    links: tuple[str, ...]  # counted links, in any language
    segment_id: UUID
    segment_name: str
    segment_rule: Mapping[str, object]
    template_name: str
    shop: str
    zone: ZoneInfo
    currency: str


def load(campaign_id: UUID) -> Plan:
    """
    Return the plan of one campaign of this workspace.

    :raises NoSuchCampaign: there is none
    :raises CampaignRefused: segment or template is missing, or the purpose does not cover it
    :raises NoPlatformSource: what is sent could not be reported
    """
    announce.platform_source()
    campaign = find_campaign(campaign_id)
    if campaign.segment_id is None or campaign.template_id is None:
        raise CampaignRefused("Choose a segment and a template first.")
    segment = Segment.objects.filter(pk=campaign.segment_id).first()
    if segment is None:
        raise CampaignRefused("Choose a segment that exists.")
    template = templates.find(campaign.template_id)
    check_covers(campaign.purpose_key, template.fields)
    sources = templates.sources(template)
    workspace = Workspace.objects.get(pk=campaign.workspace_id)
    return Plan(
        campaign_id=campaign.id,
        name=campaign.name,
        occurrence=campaign.occurrence,
        spec=purposes.spec(campaign.purpose_key),
        channel=registry.find(campaign.channel),
        sources=sources,
        variables=tuple(template.fields),
        links=tuple(_links(sources)),
        segment_id=segment.id,
        segment_name=segment.name,
        segment_rule=segment.rule,
        template_name=f"{template.name} v{template.number}",
        shop=workspace.name,
        zone=ZoneInfo(workspace.settings.get("time_zone", "UTC")),
        currency=str(workspace.settings.get("currency", "USD")),
    )


def _links(sources: Mapping[str, Source]) -> dict[str, None]:
    return {link: None for source in sources.values() for link in links.find(source.body)}
