"""Delivery: the claim, which is the last consent check and the only opening of addresses."""

from typing import Any

from campaigns.delivery import lease, plan
from campaigns.delivery.drain import CLAIM
from campaigns.delivery.plan import Plan
from campaigns.messages.create import create_template
from campaigns.planning import approval, audience, create
from campaigns.planning.lifecycle import State, move
from campaigns.planning.models import Campaign
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import clock
from cdp.kernel.roles import Role
from profiles.segments import refresh
from profiles.segments.create import create_segment

SUBJECT = {"en": "{{ first_name | default: 'Hello' }}, fresh ideas for this week"}
BODY = {"en": "Hello {{ first_name | default: 'there' }}, see https://shop.example/recipes now."}
RULE = {
    "version": 1,
    "where": {"event": "Order Completed", "where": [], "window": {"last_days": 365},
              "measure": "count", "op": "ge", "value": 1},
}  # fmt: skip
_BARE = """
    WITH due AS (
        SELECT d.id FROM bench.delivery d
         WHERE d.campaign_id = %(campaign)s AND d.state = 'queued' AND d.not_before <= %(now)s
         ORDER BY d.not_before, d.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    UPDATE bench.delivery d
       SET state = 'claimed', lease_until = %(now)s, lease_owner = 'bench', tries = d.tries + 1
      FROM due WHERE d.id = due.id
    RETURNING d.id, d.subject_id, d.tries, d.reason"""
_QUEUED_AGAIN = """
    UPDATE {table} SET state = 'queued', lease_until = NULL, lease_owner = '', tries = 0
     WHERE state = 'claimed'"""


def measure(town: Town) -> list[Comparison]:
    """Compare a claim with the bare UPDATE … SKIP LOCKED of as many rows."""
    campaign = _launched(town)
    with town.through(Role.WORKER):
        what = plan.load(campaign.pk)
        total = audience.freeze(campaign, most=approval.most_people(campaign), actor=ACTOR)
    limit = min(town.size.claimed, total)
    facts = {"campaign": campaign.pk, "now": clock.now(), "limit": limit}
    town.tell(
        "CREATE TABLE bench.delivery AS SELECT * FROM campaigns_delivery",
        "ALTER TABLE bench.delivery ADD PRIMARY KEY (id)",
        "CREATE INDEX ON bench.delivery (campaign_id, not_before, id) WHERE state = 'queued'",
        "VACUUM ANALYZE campaigns_delivery, bench.delivery",
    )

    def again() -> None:
        for table in ("campaigns_delivery", "bench.delivery"):
            town.tell(_QUEUED_AGAIN.format(table=table), f"VACUUM {table}")

    with town.through(Role.WORKER):
        _prove(town, what, facts)
        claimed, bare = race(
            Way(lambda: _claim(what, limit), limit),
            Way(lambda: town.ask(_BARE, facts), limit),
            rounds=town.size.rounds,
            before=again,
        )
    return [
        Comparison(
            "delivery", "claim deliveries", "bare UPDATE … SKIP LOCKED of as many rows",
            "delivery", f"{limit:,} of {total:,} queued deliveries at once; a worker takes {CLAIM}",
            "The rest is consent, the address and first name opened on the record, an explanation "
            "and two link tokens for each.",
            claimed, bare,
        )
    ]  # fmt: skip


def _launched(town: Town) -> Campaign:
    """Return a campaign to everybody who bought something, ready to be claimed."""
    with town.through(Role.WORKER):
        segment = create_segment("Benchmark of delivery", rule=RULE, actor=ACTOR)
        refresh.refresh(segment.pk, as_of=clock.now(), actor=ACTOR)
    with town.through(Role.WEB):
        template = create_template("Benchmark", subject=SUBJECT, body=BODY, actor=ACTOR)
        campaign = create.create_campaign(
            "Benchmark", segment_id=segment.pk, template_id=template.pk, actor=ACTOR
        )
        for state in (State.PREPARING, State.SENDING):
            move(campaign, state)
        campaign.save(update_fields=["state"])
    return campaign


def _claim(what: Plan, limit: int) -> lease.Claim:
    return lease.claim(what, owner="bench", limit=limit, actor=ACTOR)


def _prove(town: Town, what: Plan, facts: dict[str, Any]) -> None:
    """Make sure that both take the same number, and that a claim leaves out who refused."""
    taken = _claim(what, facts["limit"])
    must_agree("claim", [len(taken.leased), len(town.ask(_BARE, facts)), facts["limit"]])
    members = town.ask("SELECT count(*) FROM profiles_profile")[0][0]
    must_differ("the audience", taken.taken + taken.remaining, members)
