"""Claim and send until nothing of a campaign is due: what one worker does; several may at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from audit.actors import Actor
from campaigns.delivery import lease
from campaigns.delivery.plan import Plan
from campaigns.delivery.send import send
from campaigns.delivery.states import OPEN, State
from cdp.kernel import clock
from cdp.kernel.identifiers import uuid7

CLAIM = 100


@dataclass(slots=True)
class Drained:
    """What one worker did for a campaign: deliveries by the state they ended in."""

    states: Counter[str] = field(default_factory=Counter)
    remaining: int = 0  # still open when it stopped, among those visible to it


def drain(
    plan: Plan,
    *,
    actor: Actor,
    until: datetime,
    job: UUID | None = None,
    progress: Callable[[int], None] = lambda remaining: None,
) -> Drained:
    """
    Send what is due of a campaign, at most until `until`; `progress` hears how many are open.

    Ends early when the provider cannot be reached: the queue keeps what is left.
    """
    done = Drained()
    with plan.channel.open() as line:
        while clock.now() < until:
            owner = str(uuid7())  # a fresh one each claim, so a late answer finds its own rows only
            claim = lease.claim(plan, owner=owner, limit=CLAIM, actor=actor, job=job)
            done.remaining = claim.remaining
            if not claim.taken:
                break
            sent = send(plan, claim.leased, line=line, owner=owner, actor=actor, job=job)
            done.states.update(sent.states)
            if claim.without_address:
                done.states[State.SKIPPED.value] += claim.without_address
            over = sum(rows for state, rows in sent.states.items() if state not in OPEN)
            done.remaining = max(0, claim.remaining - over)
            progress(done.remaining)
            if sent.is_cut:
                break
    return done
