"""
The states of a campaign and the ways between them. Pure.

Draft → preparing (the audience is being frozen) → sending → finished; it may pause while sending
and be stopped at any time after its launch. What was handed over cannot be taken back. One whose
audience turns out larger than was approved is a draft again: nothing was sent.
"""

from campaigns.planning.models import Campaign
from cdp.kernel.errors import CdpError

State = Campaign.State

WAYS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.PREPARING}),
    State.PREPARING: frozenset({State.SENDING, State.STOPPED, State.DRAFT}),
    State.SENDING: frozenset({State.PAUSED, State.FINISHED, State.STOPPED}),
    State.PAUSED: frozenset({State.SENDING, State.STOPPED}),
    State.FINISHED: frozenset(),
    State.STOPPED: frozenset(),
}
UNDER_WAY = (State.PREPARING, State.SENDING)


class NotFromHere(CdpError):
    """A campaign does not go from its state to the one asked for."""

    code = "not_from_here"


def move(campaign: Campaign, to: Campaign.State) -> None:
    """
    Set the campaign's state; the caller holds its lock and saves it.

    :raises NotFromHere: there is no such way
    """
    if to not in WAYS[campaign.state]:
        raise NotFromHere(
            f"This campaign is {campaign.state}, so it cannot become {to}. Reload the page.",
            state=campaign.state,
        )
    campaign.state = to
