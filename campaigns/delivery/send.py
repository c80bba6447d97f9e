"""
Handing over what was claimed: write each message, mark a few, call, record, mark the next few.

The outcomes of one small batch are recorded in the transaction that marks the next, so a crash
leaves at most one batch in doubt.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.actors import Actor
from campaigns.channels.base import UNREACHABLE, ChannelError, Content, Line, OutcomeUnknown
from campaigns.delivery import announce, lease
from campaigns.delivery.lease import Leased
from campaigns.delivery.plan import Plan
from campaigns.delivery.states import Answer, Settlement, State, has_time, settle
from campaigns.messages.language import TemplateRefused, ValueMissing
from campaigns.messages.render import Surroundings, render
from cdp.kernel import clock
from consent.window import purpose

BATCH = 20


@dataclass(slots=True)
class Sent:
    """What came of the deliveries of one claim, by state; `is_cut` says the provider is away."""

    states: Counter[str] = field(default_factory=Counter)
    is_cut: bool = False


def send(
    plan: Plan,
    leased: Sequence[Leased],
    *,
    line: Line,
    owner: str,
    actor: Actor,
    job: UUID | None = None,
) -> Sent:
    """
    Hand over claimed deliveries, each at most once, and record every outcome.

    When the provider cannot be reached the rest goes back to the queue uncalled.
    """
    contents, settled = _write(plan, leased)
    people = {each.id: each.subject for each in leased}
    sent = Sent()
    ready = [each for each in leased if each.id in contents]
    for few in _slices(ready, BATCH):
        if sent.is_cut:
            settled |= {each.id: _uncalled(each) for each in few}
            continue
        marked, until = _record_and_mark(
            plan, settled, few, people=people, owner=owner, actor=actor, job=job
        )
        sent.states.update(str(each.state) for each in settled.values())
        settled = {}
        for each in few:
            if each.id not in marked:
                continue  # withdrew since the claim, or the lease was lost
            if sent.is_cut or not _in_time(plan, until):
                settled[each.id] = _uncalled(each)
                continue
            settled[each.id], sent.is_cut = _call(line, each, contents[each.id])
    if settled:
        _record_and_mark(plan, settled, (), people=people, owner=owner, actor=actor, job=job)
        sent.states.update(str(each.state) for each in settled.values())
    return sent


def _in_time(plan: Plan, until: datetime) -> bool:
    return has_time(until, now=clock.now(), patience_seconds=plan.channel.patience_seconds)


def _uncalled(leased: Leased) -> Settlement:
    return settle(Answer.NOT_CALLED, tries=leased.tries, was=leased.was)


def _write(
    plan: Plan, leased: Sequence[Leased]
) -> tuple[dict[UUID, Content], dict[UUID, Settlement]]:
    """Render every message; one that cannot be written is skipped with its reason."""
    contents: dict[UUID, Content] = {}
    refused: dict[UUID, Settlement] = {}
    for each in leased:
        try:
            contents[each.id] = _content(plan, each)
        except (ValueMissing, TemplateRefused) as fault:
            refused[each.id] = settle(
                Answer.NOT_WRITTEN, tries=each.tries, was=each.was, reason=fault.code
            )
    return contents, refused


def _content(plan: Plan, leased: Leased) -> Content:
    around = Surroundings(
        shop=plan.shop,
        unsubscribe_url=f"{settings.PUBLIC_URL}/u/{leased.unsubscribe_token}",
        portal_url=f"{settings.PUBLIC_URL}/my/",
        counted={
            target: f"{settings.PUBLIC_URL}/r/{token}"
            for target, token in leased.link_tokens.items()
        },
    )
    message = render(plan.sources[leased.person.language], leased.person.values, around)
    return Content(
        subject=message.subject,
        text=message.text,
        html=message.html,
        unsubscribe_url=around.unsubscribe_url,
        language=message.language,
    )


def _call(line: Line, leased: Leased, content: Content) -> tuple[Settlement, bool]:
    """Call the provider once; return what it came to, and whether it cannot be reached."""
    answer, reason, provider_id = Answer.ACCEPTED, "", ""
    try:
        provider_id = line.send(leased.person.address, content, idempotency_key=str(leased.id))
    except OutcomeUnknown:
        answer = Answer.NO_ANSWER
    except ChannelError as refusal:
        answer = Answer.REFUSED if refusal.permanent else Answer.TRY_AGAIN
        reason = refusal.reason
    settled = settle(
        answer,
        tries=leased.tries,
        was=leased.was,
        reason=reason,
        provider_id=provider_id,
        jitter=secrets.randbelow(1001) / 1000,
    )
    return settled, reason == UNREACHABLE


def _record_and_mark(
    plan: Plan,
    settled: dict[UUID, Settlement],
    few: Sequence[Leased],
    *,
    people: Mapping[UUID, UUID],
    owner: str,
    actor: Actor,
    job: UUID | None,
) -> tuple[set[UUID], datetime]:
    with purpose(plan.spec.key, actor=actor, job=job) as using:
        using.scope = "list"  # the claim named everybody
        using.doing("campaign.hand_over", people=len(few), ref=f"campaign:{plan.campaign_id}")
        lease.record(settled, owner=owner)
        announce.announce(_reports(plan, settled, people))
        return lease.mark([each.id for each in few], owner=owner)


def _reports(
    plan: Plan, settled: Mapping[UUID, Settlement], people: Mapping[UUID, UUID]
) -> list[dict[str, Any]]:
    """Return the events of what was sent: the campaign and the channel, no word of the message."""
    now = clock.now()
    properties = {
        "campaign_id": str(plan.campaign_id),
        "campaign": plan.name,
        "channel": plan.channel.key,
        "purpose": plan.spec.key,
    }
    return [
        announce.call(
            announce.SENT,
            people[delivery],
            key=f"{delivery}:sent",
            at=now,
            properties={**properties, "delivery_id": str(delivery)},
        )
        for delivery, each in settled.items()
        if each.state is State.SENT
    ]


def _slices(of: Sequence[Leased], size: int) -> Iterator[Sequence[Leased]]:
    for start in range(0, len(of), size):
        yield of[start : start + size]
