"""How many people a campaign could reach now. Counts only; no personal value is opened."""

from dataclasses import dataclass
from uuid import UUID

from audit.actors import Actor
from campaigns.channels import registry
from campaigns.planning.create import CampaignRefused
from campaigns.planning.models import Campaign
from cdp.kernel import database
from consent.window import purpose
from profiles.segments.models import Segment

_COUNT = """
    SELECT count(*),
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM kernel_origin o JOIN profiles_vaultvalue v ON v.subject_id = o.origin
                WHERE o.subject_id = m.subject_id AND v.field = %(field)s))
      FROM profiles_membership m
      JOIN profiles_profile p ON p.subject_id = m.subject_id
     WHERE m.segment_id = %(segment)s"""


@dataclass(frozen=True, slots=True)
class Reach:
    """From the segment down to who gets a message; None: the segment was never refreshed."""

    members: int | None
    permitted: int  # members who allow the campaign's purpose
    addressable: int  # of those, members with an address for its channel


def count_reach(campaign: Campaign, *, actor: Actor, job: UUID | None = None) -> Reach:
    """
    Count the people `campaign` could reach now, in one query under its own purpose.

    :raises CampaignRefused: it has no segment yet
    """
    if campaign.segment_id is None:
        raise CampaignRefused("Choose a segment first.")
    sizes = Segment.objects.filter(pk=campaign.segment_id).values_list("size", flat=True)
    members = sizes.first()
    field = registry.find(campaign.channel).address_field
    with purpose(campaign.purpose_key, actor=actor, job=job) as using, database.cursor() as sql:
        sql.execute(_COUNT, {"segment": campaign.segment_id, "field": field})
        permitted, addressable = sql.fetchone() or (0, 0)
        using.doing("campaign.count", people=permitted, ref=f"campaign:{campaign.id}")
    return Reach(members, permitted, addressable)
