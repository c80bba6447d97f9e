"""
The sweeper: takes back leases that ran out, settles what nobody may send, counts, closes.

It runs under its own database login, sees state alone and opens no window; every 15 seconds, after
any crash. Rows that others hold are left for the next sweep. Source: delivery reference, part 3.3.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from campaigns.channels import registry
from campaigns.delivery.states import (
    DUE,
    NO_ANSWER,
    NO_ANSWER_FINAL,
    NO_CONSENT,
    OPEN,
    REPEAT,
    STOPPED,
)
from campaigns.planning.lifecycle import State
from campaigns.planning.models import Campaign
from cdp.kernel import clock, database

SWEEPER = Actor.system("sweeper")

_ROWS = """
    WITH found AS (
        SELECT d.id FROM campaigns_delivery d JOIN campaigns_campaign c ON c.id = d.campaign_id
         WHERE {where} FOR UPDATE OF d SKIP LOCKED)
    UPDATE campaigns_delivery d SET {changes} FROM found WHERE d.id = found.id"""

_CLOSED = "d.purpose_bits & d.purpose_bit = 0"
_DOUBTFUL = f"d.state = 'unknown' AND d.reason = '{NO_ANSWER}'"

# A claim that ran out: no call was made, so the row goes back.
_RETURN = _ROWS.format(
    where="d.state = 'claimed' AND d.lease_until < %(now)s",
    changes="state = 'queued', lease_until = NULL, lease_owner = ''",
)

# A call that ran out: perhaps it went through. The owner stays, for an answer that comes late.
_DOUBT = _ROWS.format(
    where="d.state = 'calling' AND d.lease_until < %(now)s",
    changes=f"""state = 'unknown', lease_until = NULL, settled_at = %(now)s,
        reason = CASE d.reason WHEN '{REPEAT}' THEN '{NO_ANSWER_FINAL}' ELSE '{NO_ANSWER}' END""",
)

# Handed over once more where the far side recognizes a repeat and the person still permits it.
_REPEAT = _ROWS.format(
    where=f"{_DOUBTFUL} AND d.channel = ANY(%(repeatable)s) AND NOT {_CLOSED} "
    "AND c.state IN ('sending', 'paused')",
    changes=f"""state = 'queued', reason = '{REPEAT}', lease_owner = '', settled_at = NULL,
        not_before = %(now)s""",
)
_LEAVE = _ROWS.format(
    where=f"{_DOUBTFUL} AND (NOT d.channel = ANY(%(repeatable)s) OR {_CLOSED} "
    "OR c.state NOT IN ('sending', 'paused'))",
    changes=f"reason = '{NO_ANSWER_FINAL}'",
)

_WITHDRAWN = _ROWS.format(
    where=f"d.state = 'queued' AND {_CLOSED}",
    changes=f"state = 'skipped', reason = '{NO_CONSENT}', settled_at = %(now)s",
)
_OF_STOPPED = _ROWS.format(
    where="d.state = 'queued' AND c.state = 'stopped'",
    changes=f"state = 'skipped', reason = '{STOPPED}', settled_at = %(now)s",
)

# Campaigns under way, and for an hour those that are over: their last rows may still settle.
_COUNT = """
    SELECT c.id, d.state, d.reason, count(d.id), count(d.id) FILTER (WHERE d.not_before <= %(now)s)
      FROM campaigns_campaign c
      LEFT JOIN campaigns_delivery d ON d.campaign_id = c.id AND d.occurrence = c.occurrence
     WHERE c.state IN ('sending', 'paused')
        OR (c.state IN ('finished', 'stopped') AND c.finished_at > %(now)s - interval '1 hour')
     GROUP BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep changed, in rows; `finished` counts campaigns."""

    returned: int
    doubtful: int
    repeated: int
    left: int
    withdrawn: int
    stopped: int
    finished: int


def sweep() -> Swept:
    """Sweep every workspace once; safe to repeat and to run twice at the same time."""
    now = clock.now()
    return Swept(
        returned=_run(_RETURN, now),
        doubtful=_run(_DOUBT, now),
        repeated=_run(_REPEAT, now),
        left=_run(_LEAVE, now),
        withdrawn=_run(_WITHDRAWN, now),
        stopped=_run(_OF_STOPPED, now),
        finished=_count_and_close(now),
    )


def _run(statement: str, now: datetime) -> int:
    with acting(SWEEPER), database.cursor() as sql:
        sql.execute(statement, {"now": now, "repeatable": registry.repeatable()})
        return int(sql.rowcount)


def _count_and_close(now: datetime) -> int:
    """Write each campaign's counts, and close those that have nothing left to send."""
    with acting(SWEEPER):
        counted = _counts(now)
        campaigns = Campaign.objects.filter(pk__in=counted).select_for_update(skip_locked=True)
        return sum(_write(campaign, counted[campaign.pk], now) for campaign in campaigns)


def _counts(now: datetime) -> dict[UUID, dict[str, int]]:
    """Return, by campaign: rows in all, due, by state, and by state and reason once settled."""
    counted: dict[UUID, dict[str, int]] = defaultdict(lambda: {"total": 0})
    with database.cursor() as sql:
        sql.execute(_COUNT, {"now": now})
        for campaign_id, state, reason, rows, due in sql.fetchall():
            counts = counted[campaign_id]
            if state is None:
                continue  # an audience of nobody
            counts["total"] += rows
            counts[state] = counts.get(state, 0) + rows
            if state == "queued":
                counts[DUE] = counts.get(DUE, 0) + due
            if reason and state not in OPEN:
                counts[f"{state}.{reason}"] = rows
    return dict(counted)


def _write(campaign: Campaign, counts: dict[str, int], now: datetime) -> int:
    has_open = any(counts.get(state) for state in OPEN) or f"unknown.{NO_ANSWER}" in counts
    is_over = campaign.state == State.SENDING and not has_open
    if is_over:
        campaign.state, campaign.finished_at = State.FINISHED, now
    if is_over or campaign.counts != counts:
        campaign.counts = counts
        campaign.save(update_fields=["counts", "state", "finished_at"])
    return int(is_over)
