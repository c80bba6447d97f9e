"""
A large send takes two people: what exactly is approved, and for how many.

A launch asks before it starts; the run asks again, when it has counted the audience that it really
froze. Until then the number is an upper bound: nobody outside the segment gets a message.
"""

from datetime import timedelta
from uuid import UUID

from audit.actors import Actor
from campaigns.messages.models import Template
from campaigns.planning.lifecycle import NotFromHere, State
from campaigns.planning.models import Campaign
from cdp.approvals import ask, find, kinds, require
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval
from cdp.approvals.require import ApprovalNeeded
from cdp.kernel import clock
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun
from profiles.segments.models import Segment

KIND = Kind.CAMPAIGN_LAUNCH
COUNT = "count-reach"  # the job run whose result says how many permit it
COUNT_LASTS = timedelta(hours=1)
NONE = UUID(int=0)


class CountFirst(CdpError):
    """Nobody knows how many people an approval would be for."""

    code = "count_first"


class AudienceGrew(CdpError):
    """The frozen audience has more people than one operator, or the approval, may reach."""

    code = "audience_grew"


def obj(campaign: Campaign) -> str:
    """Return how an approval names a campaign."""
    return f"campaign:{campaign.id}"


def snapshot(campaign: Campaign) -> Facts:
    """Return what is approved: text, segment with its rule, purpose, channel."""
    segment = Segment.objects.filter(pk=campaign.segment_id or NONE).first()
    template = Template.objects.filter(pk=campaign.template_id or NONE).first()
    return {
        "text": f"{template.name} v{template.number}" if template else "",
        "text_id": str(campaign.template_id or ""),
        "segment": segment.name if segment else "",
        "segment_id": str(campaign.segment_id or ""),
        "rule": kinds.digest(segment.rule).hex() if segment else "",
        "purpose": campaign.purpose_key,
        "channel": campaign.channel,
        "occurrence": campaign.occurrence,
    }


def stamp(campaign: Campaign) -> str:
    """Return the digest of the campaign as it is now, for a count to remember."""
    return kinds.digest(snapshot(campaign)).hex()


def counted(campaign: Campaign) -> int | None:
    """Return how many permit the campaign as it is now, if it was counted in the last hour."""
    runs = JobRun.objects.filter(
        kind=COUNT,
        state=JobRun.State.SUCCEEDED,
        params__campaign=str(campaign.id),
        params__snapshot=stamp(campaign),
        ended_at__gte=clock.now() - COUNT_LASTS,
    )
    newest = runs.order_by("-ended_at").first()
    return None if newest is None else int(newest.result.get("permitted", 0))


def is_needed(campaign: Campaign) -> bool:
    """Say whether launching takes an approval; while nobody counted, the segment's size decides."""
    people = counted(campaign)
    return require.is_needed(KIND, people=_size(campaign) if people is None else people)


def open_one(campaign: Campaign) -> Approval | None:
    """Return what is asked or approved for exactly this campaign as it is now."""
    found = find.open_one(KIND, obj=obj(campaign))
    if found is None or bytes(found.digest) != kinds.digest(snapshot(campaign)):
        return None
    return found


def ask_to_launch(campaign: Campaign, *, reason: str, actor: Actor) -> Approval:
    """
    Ask another operator to approve the launch, for as many people as were counted.

    :raises NotFromHere: it was launched
    :raises CountFirst: the campaign as it is was not counted in the last hour
    :raises NobodyToAsk: no other operator may decide
    :raises AskedMeanwhile: somebody else asked at the same moment
    """
    if campaign.state != State.DRAFT:
        raise NotFromHere("It was launched. Make a new campaign to say something else.")
    people = counted(campaign)
    if people is None:
        raise CountFirst("Count whom it could reach first: an approval is for that many people.")
    return ask.ask(
        KIND,
        obj=obj(campaign),
        title=campaign.name,
        snapshot=snapshot(campaign),
        people=people,
        reason=reason,
        actor=actor,
    )


def require_to_launch(campaign: Campaign, *, actor: Actor) -> None:
    """
    Use up the approval where the launch takes one, in the caller's transaction.

    :raises ApprovalNeeded: there is none for exactly this campaign and so many people
    """
    if is_needed(campaign):
        require.require(
            KIND,
            obj=obj(campaign),
            snapshot=snapshot(campaign),
            people=counted(campaign) or 0,
            actor=actor,
        )


def most_people(campaign: Campaign) -> int:
    """
    Return how many people the launched campaign may reach.

    :raises ApprovalNeeded: it is no longer what was approved
    """
    used = require.used_for(KIND, obj=obj(campaign))
    if used is None or campaign.launched_at is None or _used_before(used, campaign):
        return require.limit(KIND)
    if bytes(used.digest) != kinds.digest(snapshot(campaign)):
        raise ApprovalNeeded("It was changed after it was approved. Ask for approval again.")
    return max(kinds.most(used.people), require.limit(KIND))


def overtake(campaign: Campaign, *, actor: Actor) -> None:
    """Let an approval for the campaign as it was before an edit end."""
    ask.overtake(KIND, obj=obj(campaign), snapshot=snapshot(campaign), actor=actor)


def _used_before(used: Approval, campaign: Campaign) -> bool:
    """Say whether an approval was for an earlier launch, one that came to nothing."""
    return bool(used.used_at and campaign.launched_at and used.used_at < campaign.launched_at)


def _size(campaign: Campaign) -> int:
    sizes = Segment.objects.filter(pk=campaign.segment_id or NONE).values_list("size", flat=True)
    return sizes.first() or 0
