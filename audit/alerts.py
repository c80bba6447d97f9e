"""
Alerts: patterns in the log that somebody wants to hear of, looked for in one statement each.

The worker reads the log's search columns only. Entries have their numbers from the one sequencer,
in order and without gap, so `seen` (entries below it were looked at) skips none. After a hit the
same actor does not hit again until the window has passed, so no entry counts for two hits. What
the alerts themselves put on the record is not counted: one would feed itself for ever.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.explore import any_act, beginning
from audit.inbox import Detail, record
from audit.models import Alert, AlertHit, Verification
from audit.queries import Condition, together
from cdp.accounts.notifications import Kind, holders, tell
from cdp.kernel import database
from cdp.kernel.models import Workspace

WATCHER = Actor.system("alerts")
READS = "audit:read"  # the permission of those who are told
_INSTANT = timedelta(microseconds=1)

# What every workspace begins with, by key.
SHIPPED: dict[str, dict[str, Any]] = {
    "many-reveals": {
        "name": "More than 50 reveals an hour by one operator",
        "acts": ["vault.open"], "obj": "fields:", "actor_kind": "op",
        "more_than": 50, "within_minutes": 60,
    },
    "night-export": {
        "name": "An export at night",
        "acts": ["export.start", "export.fetch", "log.export"], "actor_kind": "op",
        "within_minutes": 720, "from_hour": 22, "to_hour": 6,
    },
    "first-reveal": {
        "name": "An operator's first reveal",
        "acts": ["vault.open"], "obj": "fields:", "actor_kind": "op", "only_first": True,
    },
    "first-export": {
        "name": "An operator's first export",
        "acts": ["export.start", "export.fetch", "log.export"], "actor_kind": "op",
        "only_first": True,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: whose it is ('' for all together), the entry that tipped it, how many there were."""

    who: str
    index: int
    at: datetime
    count: int


def ship() -> None:
    """Give a workspace that has none yet the alerts it begins with."""
    if Alert.objects.exclude(key="").exists():
        return
    with acting(WATCHER):
        seen = log_size()
        Alert.objects.bulk_create(
            [Alert(key=key, seen=seen, **made) for key, made in SHIPPED.items()],
            ignore_conflicts=True,
        )


def raise_alerts() -> int:
    """Look for hits of every alert of the current workspace, tell of them; return how many."""
    ship()
    size = log_size()
    wanted = Alert.objects.filter(is_on=True, seen__lt=size).order_by("created_at")
    return sum(_raise(pk, size) for pk in list(wanted.values_list("pk", flat=True)))


def log_size() -> int:
    """Return the number beyond the newest entry that the workspace may see."""
    with database.cursor() as sql:
        sql.execute("SELECT coalesce(max(idx) + 1, 0) FROM audit_entry")
        row = sql.fetchone()
    return int(row[0]) if row else 0


def _raise(pk: UUID, size: int) -> int:
    """Look at what is new for one alert; another worker that is at it has it."""
    with database.atomic():
        alert = Alert.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if alert is None or size <= alert.seen:
            return 0
        hits = 0
        while found := _find(alert, size):
            for each in found:
                _keep(alert, each)
            hits += len(found)
        Alert.objects.filter(pk=pk).update(seen=size)
    return hits


def _keep(alert: Alert, found: Found) -> None:
    hit = AlertHit.objects.create(
        alert=alert, actor=found.who, idx=found.index, at=found.at, count=found.count
    )
    obj = f"alert:{alert.pk}"
    detail: Detail = {"who": found.who, "count": found.count, "entry": found.index}
    record(WATCHER, "alert.hit", obj=obj, detail=detail)
    params: Detail = {
        "name": alert.name, "key": alert.key, "who": found.who, "count": found.count,
    }  # fmt: skip
    tell(told(alert), Kind.ALERT_HIT, obj=obj, params=params, once=str(hit.pk))


def told(alert: Alert) -> list[UUID]:
    """Return who hears of a hit: the chosen ones who may still read the log, else all who may."""
    may = holders(READS)
    return [operator for operator in may if operator in alert.told] or may


def _find(alert: Alert, size: int) -> list[Found]:
    """Return the first hit of each actor that is not yet kept."""
    matching, values = _matching(alert)
    within = timedelta(minutes=alert.within_minutes)
    whom = "e.actor" if alert.per_actor else "''::text"
    given: list[Any] = [
        *(alert.seen, size, *values),
        *(within - _INSTANT, within, size, *values),
        *(alert.more_than, alert.pk, within),
    ]
    with database.cursor() as sql:
        sql.execute(
            f"""WITH fresh AS (
                    SELECT min(e.at) AS since FROM audit_entry e
                     WHERE e.idx >= %s AND e.idx < %s AND {matching}
                ), counted AS (
                    SELECT e.idx, e.at, {whom} AS who, count(*) OVER (
                               PARTITION BY {whom} ORDER BY e.at
                               RANGE BETWEEN %s PRECEDING AND CURRENT ROW) AS n
                      FROM audit_entry e, fresh
                     WHERE e.at > fresh.since - %s AND e.idx < %s AND {matching}
                )
                SELECT DISTINCT ON (c.who) c.who, c.idx, c.at, c.n
                  FROM counted c, fresh
                 WHERE c.n > %s AND c.at >= fresh.since AND NOT EXISTS (
                           SELECT 1 FROM audit_alerthit h WHERE h.alert_id = %s
                              AND h.actor = c.who AND c.at < h.at + %s)
                 ORDER BY c.who, c.at, c.idx""",
            given,
        )
        return [Found(*row) for row in sql.fetchall()]


def _matching(alert: Alert) -> Condition:
    """Return the condition that an entry `e` is one that the alert counts."""
    conditions: list[Condition] = [any_act(alert.acts), ("e.actor <> %s", [str(WATCHER)])]
    if alert.obj:
        conditions.append(beginning("e.obj", alert.obj))
    if alert.actor_kind:
        conditions.append(beginning("e.actor", f"{alert.actor_kind}:"))
    if alert.only_first:
        same, values = together(conditions)
        first = (  # an index holds each actor's entries in order, so the first is near
            "e.idx >= %s AND e.idx = (SELECT p.idx FROM audit_entry p WHERE "
            f'p.actor COLLATE "C" = e.actor AND {same.replace("e.", "p.")} ORDER BY p.idx LIMIT 1)'
        )
        conditions.append((first, [alert.seen, *values]))
    if alert.from_hour is not None and alert.to_hour is not None:
        hour, zone = "extract(hour FROM e.at AT TIME ZONE %s)", _zone()
        joined = "AND" if alert.from_hour < alert.to_hour else "OR"
        hours = f"{hour} >= %s {joined} {hour} < %s"
        conditions.append((hours, [zone, alert.from_hour, zone, alert.to_hour]))
    return together(conditions)


def _zone() -> str:
    settings = Workspace.objects.values_list("settings", flat=True)
    found = settings.get(pk=database.current_workspace() or UUID(int=0))
    return str(found.get("time_zone") or "UTC")


def tell_of_broken_log() -> None:
    """Tell everyone who reads the log, once, that the newest check found it broken."""
    newest = Verification.objects.order_by("-id").first()
    if newest is None or newest.problem_index is None:
        return
    sound = Verification.objects.filter(problem_index=None).order_by("-id").first()
    broken = Verification.objects.filter(id__gt=sound.pk if sound else 0).order_by("id")
    began = broken.values_list("pk", flat=True)[0]
    tell(
        holders(READS),
        Kind.LOG_BROKEN,
        obj="log:",
        params={"problem": newest.text},
        once=f"check:{began}",
    )
