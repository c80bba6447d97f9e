"""
Exporting the accepted events, as they were sent, under the purpose `operations`.

Window after window of a few thousand events, so that memory stays flat and no transaction stays
open; everything that was in the log when the export began is in it. A job run counts them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from audit.actors import Actor
from cdp.kernel import database, jobs
from cdp.kernel.jobs import JobCanceled, RunningJob
from consent.window import purpose
from profiles.events.open import Sealed, open_private

PURPOSE, KIND = "operations", "export-events"
EVENTS_PER_WINDOW = 5_000
Place = tuple[str, int]  # transaction number and place in the log

_ROWS = """
SELECT e.xid::text, e.seq, e.id, e.subject_id, e.key, e.kind, e.name, e.happened_at,
       e.properties::text, e.sealed
  FROM profiles_event e
 WHERE (e.xid, e.seq) > (%(xid)s::text::xid8, %(seq)s)
   AND e.xid <= %(end)s::text::xid8
   AND (%(since)s::timestamptz IS NULL OR e.received_at >= %(since)s::timestamptz)
   AND (%(source)s::uuid IS NULL OR e.source_id = %(source)s::uuid)
 ORDER BY e.xid, e.seq LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: received since a moment, of one source; None for all."""

    since: datetime | None = None
    source: UUID | None = None


def export(
    wanted: Wanted, *, actor: Actor, window: int = EVENTS_PER_WINDOW
) -> Iterator[dict[str, Any]]:
    """
    Yield each accepted event of the current workspace as it was sent, oldest in the log first.

    Whose data may not be used at all (erased, restricted) is not among them.

    :raises ConsentStale: expired permissions wait to be folded
    :raises EventTampered: an event does not open
    """
    run = jobs.start(KIND, actor=actor, purpose=PURPOSE)
    with jobs.running(run.pk) as job:
        count, on_record = 0, set[UUID]()
        place: Place | None = ("0", -1)
        end = _end()
        while place is not None:
            rows, place = _read(wanted, place, end, job, on_record, window)
            try:
                yield from rows
            except GeneratorExit:
                raise JobCanceled("The reader stopped listening.") from None
            count += len(rows)
            job.advance(done=count)
        job.finish(events=count, people=len(on_record))


def _end() -> int:
    """Return the last transaction whose events may be visible by now, our own included."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT pg_snapshot_xmax(pg_current_snapshot())::text,
                      coalesce(pg_current_xact_id_if_assigned()::text, '0')"""
        )
        row = sql.fetchone() or ("1", "0")
    return max(int(row[0]) - 1, int(row[1]))


def _read(
    wanted: Wanted,
    place: Place,
    end: int,
    job: RunningJob,
    on_record: set[UUID],
    limit: int,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return the next events after `place`, opened and on the record; with a place if more wait."""
    actor = Actor.job(job.kind, job.id)
    with purpose(PURPOSE, actor=actor, job=job.id) as using, database.cursor() as sql:
        sql.execute(
            _ROWS,
            {"xid": place[0], "seq": place[1], "end": str(end), "since": wanted.since,
             "source": wanted.source, "limit": limit},
        )  # fmt: skip
        rows = sql.fetchall()
        sealed = [Sealed(row[2], row[3], bytes(row[9])) for row in rows if row[9] is not None]
        private = open_private(sealed, actor=actor, obj=f"export:{job.id}", on_record=on_record)
        using.doing("export_events", people=len({row[3] for row in rows}), ref=f"export:{job.id}")
    shown = [_as_sent(row, private[row[2]]) for row in rows if row[2] in private]
    return shown, (rows[-1][0], rows[-1][1]) if len(rows) == limit else None


def _as_sent(row: tuple[Any, ...], private: dict[str, Any]) -> dict[str, Any]:
    """Return one event in the words of the wire."""
    _, _, _, _, key, kind, name, happened_at, properties, _ = row
    said: dict[str, Any] = {
        "messageId": private.get("messageId", key),
        "type": kind,
        "event": private.get("name", name) if kind == "track" else None,
        "userId": private.get("userId"),
        "anonymousId": private.get("anonymousId"),
        "timestamp": happened_at.astimezone(UTC).isoformat(),
        "properties": private["properties"] if "properties" in private else json.loads(properties),
        "traits": private.get("traits", {}),
    }
    if kind in ("page", "screen"):
        said["name"] = private.get("name", name)
    return said | {k: private[k] for k in ("previousId", "groupId") if k in private}
