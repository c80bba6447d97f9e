"""
Freezing the audience: one delivery per member who permits the campaign's purpose now.

The deliveries are protected rows themselves, so whoever withdraws later is left out at the claim.
Who does not permit the purpose gets no row: the database does not show them.
"""

from uuid import UUID

from audit.actors import Actor
from campaigns.planning.approval import AudienceGrew
from campaigns.planning.models import Campaign
from cdp.kernel import clock, database
from consent import purposes
from consent.window import purpose

_FREEZE = """
    INSERT INTO campaigns_delivery (
        id, subject_id, campaign_id, occurrence, step, channel, purpose_bit, state, reason,
        not_before, lease_owner, tries, provider_id, created_at)
    SELECT gen_random_uuid(), m.subject_id, %(campaign)s, %(occurrence)s, 'only', %(channel)s,
           %(bit)s, 'queued', '', %(now)s, '', 0, '', %(now)s
      FROM profiles_membership m
      JOIN profiles_profile p ON p.subject_id = m.subject_id
     WHERE m.segment_id = %(segment)s
    ON CONFLICT DO NOTHING"""


def freeze(campaign: Campaign, *, most: int, actor: Actor, job: UUID | None = None) -> int:
    """
    Make the deliveries of the segment's members, and return how many there are.

    Safe to repeat: nobody gets a second one, whoever joined the segment meanwhile is added. Where
    there are more than `most`, nothing is kept.

    :raises AudienceGrew: so it is
    """
    now = clock.now()
    with purpose(campaign.purpose_key, actor=actor, job=job) as using, database.cursor() as sql:
        sql.execute(
            _FREEZE,
            {
                "campaign": campaign.id,
                "occurrence": campaign.occurrence,
                "channel": campaign.channel,
                "bit": purposes.mask(campaign.purpose_key),
                "segment": campaign.segment_id,
                "now": now,
            },
        )
        sql.execute(
            "SELECT subject_id FROM campaigns_delivery WHERE campaign_id = %s AND occurrence = %s",
            [campaign.id, campaign.occurrence],
        )
        members = [row[0] for row in sql.fetchall()]
        using.of(members)
        if len(members) > most:
            raise AudienceGrew(
                "It reaches more people than were approved, so nothing was sent. Count again and "
                "ask for approval.",
                people=len(members),
            )
        using.doing("campaign.choose", people=len(members), ref=f"campaign:{campaign.id}")
    return len(members)
