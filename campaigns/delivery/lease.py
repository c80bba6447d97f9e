"""
Claiming deliveries, marking them before the call, and recording what came of it.

The claim is the last consent check: a person who withdrew has no visible row. Consent, lease,
opened addresses, explanations and link tokens are one transaction; plain values leave it only
after it has committed. Source: delivery reference, part 3.3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.actors import Actor
from campaigns.delivery import explain
from campaigns.delivery.plan import Plan
from campaigns.delivery.states import LEASE, NO_ADDRESS, Settlement, State
from campaigns.messages import values
from campaigns.messages.values import Personal
from cdp.kernel import clock, database
from consent import tokens
from consent.explanations import write_many
from consent.tokens import TokenOrder
from consent.window import purpose

_CLAIM = """
    WITH due AS (
        SELECT d.id FROM campaigns_delivery d
         WHERE d.campaign_id = %(campaign)s AND d.occurrence = %(occurrence)s
           AND d.state = 'queued' AND d.purpose_bit = %(bit)s AND d.not_before <= %(now)s
           AND EXISTS (SELECT 1 FROM campaigns_campaign c
                        WHERE c.id = d.campaign_id AND c.state = 'sending')
         ORDER BY d.not_before, d.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    UPDATE campaigns_delivery d
       SET state = 'claimed', lease_until = %(until)s, lease_owner = %(owner)s, tries = d.tries + 1
      FROM due WHERE d.id = due.id
    RETURNING d.id, d.subject_id, d.tries, d.reason"""

_OPEN_COUNT = """
    SELECT count(*) FROM campaigns_delivery
     WHERE campaign_id = %s AND occurrence = %s AND state IN ('queued', 'claimed', 'calling')"""

_SKIP = """
    UPDATE campaigns_delivery
       SET state = 'skipped', reason = %s, lease_until = NULL, settled_at = %s
     WHERE id = ANY(%s::uuid[]) AND state = 'claimed'"""

# Also renews the lease of what this owner claimed and has not reached yet.
_MARK = """
    UPDATE campaigns_delivery
       SET state = CASE WHEN id = ANY(%(ids)s::uuid[]) THEN 'calling' ELSE state END,
           lease_until = %(until)s
     WHERE lease_owner = %(owner)s AND state = 'claimed'
    RETURNING id, state"""

_RECORD = """
    UPDATE campaigns_delivery d
       SET state = n.state, reason = n.reason, provider_id = n.provider_id, tries = n.tries,
           not_before = greatest(d.not_before, n.not_before), lease_until = NULL,
           settled_at = CASE WHEN n.state = 'queued' THEN NULL ELSE %s END
      FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[], %s::timestamptz[])
        AS n(id, state, reason, provider_id, tries, not_before)
     WHERE d.id = n.id AND d.lease_owner = %s AND d.state IN ('claimed', 'calling', 'unknown')"""


@dataclass(frozen=True, slots=True)
class Leased:
    """One claimed delivery with all that its message needs."""

    id: UUID
    subject: UUID
    tries: int
    was: str  # the reason it carried while queued
    person: Personal = field(repr=False)
    unsubscribe_token: str = field(repr=False)
    link_tokens: Mapping[str, str] = field(repr=False)  # target → token


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim took: deliveries to send, how many had no address, how many are still open."""

    leased: Sequence[Leased]
    until: datetime
    without_address: int = 0
    remaining: int = 0

    @property
    def taken(self) -> int:
        return len(self.leased) + self.without_address


def claim(plan: Plan, *, owner: str, limit: int, actor: Actor, job: UUID | None = None) -> Claim:
    """
    Lease up to `limit` queued deliveries for `owner`, with each one's address and values.

    Rows locked by another worker are skipped; the sweeper takes back leases that ran out.

    :raises ConsentStale: expired permissions wait to be folded
    """
    now = clock.now()
    with purpose(plan.spec.key, actor=actor, job=job) as using:
        rows = _take(plan, owner=owner, limit=limit, now=now)
        using.of(subject for _, subject, _, _ in rows)
        using.doing("campaign.send", people=len(rows), ref=f"campaign:{plan.campaign_id}")
        people = values.gather(
            [subject for _, subject, _, _ in rows],
            plan.variables,
            written_in=list(plan.sources),
            zone=plan.zone,
            actor=actor,
            address_field=plan.channel.address_field,
        )
        reachable = {subject for subject, person in people.items() if person.address}
        sendable = [row for row in rows if row[1] in reachable]
        _skip([row[0] for row in rows if row[1] not in reachable], now=now)
        first = {delivery: subject for delivery, subject, tries, _ in sendable if tries == 1}
        write_many(explain.drafts(plan, first))
        leased = _with_tokens(plan, sendable, people)
        remaining = _count_open(plan)
    return Claim(leased, now + LEASE, len(rows) - len(sendable), remaining)


_Row = tuple[UUID, UUID, int, str]


def _take(plan: Plan, *, owner: str, limit: int, now: datetime) -> list[_Row]:
    with database.cursor() as sql:
        sql.execute(
            _CLAIM,
            {
                "campaign": plan.campaign_id,
                "occurrence": plan.occurrence,
                "bit": plan.spec.mask,
                "now": now,
                "until": now + LEASE,
                "owner": owner,
                "limit": limit,
            },
        )
        return list(sql.fetchall())


def _skip(deliveries: Collection[UUID], *, now: datetime) -> None:
    if deliveries:
        with database.cursor() as sql:
            sql.execute(_SKIP, [NO_ADDRESS, now, list(deliveries)])


def _with_tokens(plan: Plan, rows: Sequence[_Row], people: Mapping[UUID, Personal]) -> list[Leased]:
    """Issue each delivery's links: one that stops the purpose, one for each counted link."""
    stop = plan.spec.requires[0] if plan.spec.folded else plan.spec.key
    orders: list[TokenOrder] = []
    for delivery, subject, _, _ in rows:
        orders.append(
            TokenOrder("one_click", subject, stop, plan.channel.key, delivery),
        )
        orders += [
            TokenOrder("click", subject, plan.spec.key, plan.channel.key, delivery, target)
            for target in plan.links
        ]
    issued = iter(tokens.issue_many(orders))
    return [
        Leased(
            id=delivery,
            subject=subject,
            tries=tries,
            was=was,
            person=people[subject],
            unsubscribe_token=next(issued),
            link_tokens={target: next(issued) for target in plan.links},
        )
        for delivery, subject, tries, was in rows
    ]


def _count_open(plan: Plan) -> int:
    with database.cursor() as sql:
        sql.execute(_OPEN_COUNT, [plan.campaign_id, plan.occurrence])
        row = sql.fetchone()
    return int(row[0]) if row else 0


def mark(deliveries: Collection[UUID], *, owner: str) -> tuple[set[UUID], datetime]:
    """
    Mark claimed deliveries as being called, renew the rest, and return what may be called now.

    Who withdrew since the claim is hidden from the open window and missing from the answer.
    """
    until = clock.now() + LEASE
    with database.cursor() as sql:
        sql.execute(_MARK, {"ids": list(deliveries), "until": until, "owner": owner})
        marked = {delivery for delivery, state in sql.fetchall() if state == State.CALLING}
    return marked, until


def record(settled: Mapping[UUID, Settlement], *, owner: str) -> None:
    """
    Write down what came of calls, in the open window.

    A row that a withdrawal hid meanwhile is still recorded: what was sent was sent. The database
    shows it to the holder of its lease alone.
    """
    if not settled:
        return
    now = clock.now()
    columns: list[list[Any]] = [
        list(settled),
        [str(each.state) for each in settled.values()],
        [each.reason for each in settled.values()],
        [each.provider_id for each in settled.values()],
        [each.tries for each in settled.values()],
        [now + each.wait for each in settled.values()],
    ]
    database.settle({"cdp.lease_owner": owner})
    with database.cursor() as sql:
        sql.execute(_RECORD, [now, *columns, owner])
    database.settle({"cdp.lease_owner": ""})
