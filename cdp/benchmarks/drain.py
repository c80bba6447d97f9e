"""The drain: from the journal to stamped, sealed rows in the event log. Makes the town bigger."""

from collections.abc import Iterator
from itertools import count
from random import Random

from cdp.benchmarks import residents
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.residents import Call
from cdp.benchmarks.rounds import Way, must_agree, race
from cdp.benchmarks.town import REQUEST, Town, batches, seeded
from cdp.kernel import clock
from cdp.kernel.roles import Role
from profiles import pipeline
from profiles.events import intake

# Its gateway on 2 cores with the database on another machine: an anchor, not a race.
# Source: RudderStack documentation, Infrastructure provisioning (m5.large).
RUDDERSTACK_PER_SECOND = 1_700
TABLES = ("event", "purchase")


def measure(town: Town) -> list[Comparison]:
    """Compare one drained batch with COPY of its rows into plain tables, and with a peer."""
    events, chance, occasion = town.size.drained, seeded(), count()
    town.tell(*(f"CREATE TABLE bench.copy_{t} (LIKE profiles_{t})" for t in TABLES))
    drained: list[int] = []
    payload: dict[str, bytes] = {}

    def fill() -> None:
        for batch in batches(_orders(town, chance, label=f"drain{next(occasion)}")):
            intake.accept_calls(town.till, batch)

    def drain() -> None:
        found = pipeline.drain_once(town.workspace, events=events)
        drained.append(found.events if found else 0)

    def copy() -> None:
        with town.administrator.transaction(), town.administrator.cursor() as sql:
            for table, rows in payload.items():
                with sql.copy(f"COPY bench.copy_{table} FROM STDIN (FORMAT binary)") as out:
                    out.write(rows)

    def empty() -> None:
        town.tell("TRUNCATE bench.copy_event, bench.copy_purchase")

    with town.through(Role.INGEST):
        newest = town.ask("SELECT coalesce(max(seq), 0) FROM profiles_event")[0][0]
        fill()
        drain()
        payload |= _rows_after(town, newest)
        copy()
        must_agree(
            "copy the rows", [town.ask("SELECT count(*) FROM bench.copy_event"), [(events,)]]
        )
        ours, copied = race(
            Way(drain, events, before=fill),
            Way(copy, events, before=empty),
            rounds=town.size.rounds,
        )
    must_agree("drain a batch", [events, *drained])
    size = f"{events:,} orders a round, {residents.LINES} lines each, {REQUEST} a request"
    return [
        Comparison(
            "drain", "drain a batch", "COPY of the same rows into plain tables", "event", size,
            "The limit has no index, policy, stamp, deduplication, identity, key or seal. The rest "
            "is what makes a row findable, sealed and permitted.",
            ours, copied,
        ),
        Comparison(
            "drain", "drain a batch", f"RudderStack as published, {RUDDERSTACK_PER_SECOND:,}/s",
            "event", size,
            "An anchor from other hardware, no race: its gateway on 2 cores, the database apart.",
            ours,
            [1 / RUDDERSTACK_PER_SECOND] * len(ours),
        ),
    ]  # fmt: skip


def _orders(town: Town, chance: Random, *, label: str) -> Iterator[Call]:
    """Yield one round's orders, by people who are known."""
    now = clock.now()
    for number in range(town.size.drained):
        user_id = residents.resident(number % town.size.residents)
        yield from residents.orders(user_id, 1, label=f"{label}-{number}", chance=chance, now=now)


def _rows_after(town: Town, seq: int) -> dict[str, bytes]:
    """Return the rows that came into the log after `seq`, as COPY writes them."""
    chosen = {
        "event": f"SELECT * FROM profiles_event WHERE seq > {seq}",
        "purchase": "SELECT p.* FROM profiles_purchase p JOIN profiles_event e "
        f"ON e.id = p.event_id WHERE e.seq > {seq}",
    }
    found = {}
    with town.administrator.cursor() as sql:
        for table, query in chosen.items():
            with sql.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as rows:
                found[table] = b"".join(bytes(part) for part in rows)
    return found
