"""What it costs to put everything on the record, where it is written. Makes the town bigger."""

from collections.abc import Callable
from itertools import count

from cdp.benchmarks import residents
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.residents import Call
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import Town, batches, seeded
from cdp.kernel import clock
from cdp.kernel.roles import Role
from profiles import pipeline
from profiles.events import intake


def measure(town: Town) -> list[Comparison]:
    """Compare the drain with the drain of a database in which nothing writes to the record."""
    occasion, chance = count(), seeded()

    def orders() -> list[Call]:
        now, label = clock.now(), f"record{next(occasion)}"
        return [
            call
            for number in range(town.size.drained)
            for call in residents.orders(
                residents.resident(number % town.size.residents),
                1, label=f"{label}-{number}", chance=chance, now=now,
            )
        ]  # fmt: skip

    def arrivals() -> list[Call]:
        label = f"record{next(occasion)}"
        return [
            residents.identify(f"{label}-{number}", number=number)
            for number in range(town.size.drained // 5)
        ]

    found = []
    for what, calls in (("orders of known people", orders), ("people who are new", arrivals)):
        on, off, events, entries = _drained(town, calls)
        told = f"{events:,} events a round: {what}; {entries:,} entries of the record for them"
        found.append(
            Comparison(
                "record", f"drain {what}", "the same without any trigger or entry", "event", told,
                "What the record costs where it is written; sequencing goes on beside it.",
                on, off,
            )
        )  # fmt: skip
    return found


def _drained(
    town: Town, calls: Callable[[], list[Call]]
) -> tuple[tuple[float, ...], tuple[float, ...], int, int]:
    """Return seconds with and without a record, events a round, and entries a round."""
    events = len(calls())
    entries: dict[bool, int] = {}

    def fill(is_recorded: bool) -> None:
        _switch(town, is_recorded)
        for batch in batches(calls()):
            intake.accept_calls(town.till, batch)
        town.tell("DELETE FROM audit_inbox")

    def drain() -> None:
        while pipeline.drain_once(town.workspace, events=events):
            pass

    def told(is_recorded: bool) -> None:
        entries[is_recorded] = town.ask("SELECT count(*) FROM audit_inbox")[0][0]

    with town.through(Role.INGEST):
        on, off = race(
            Way(drain, events, before=lambda: fill(True), after=lambda: told(True)),
            Way(drain, events, before=lambda: fill(False), after=lambda: told(False)),
            rounds=town.size.rounds,
        )
    _switch(town, True)
    must_differ("the record", entries[True], entries[False])
    must_agree("no record", [entries[False], 0])
    return on, off, events, entries[True]


def _switch(town: Town, is_recorded: bool) -> None:
    """Switch every trigger of ours on or off, and take or let through what code records."""
    act = "ENABLE ALWAYS" if is_recorded else "DISABLE"
    named = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgparentid = 0 "
    named += "AND tgname IN ('audit_insert', 'audit_update', 'audit_delete', 'audit_bits')"
    changes = [f"ALTER TABLE {table} {act} TRIGGER {name}" for table, name in town.ask(named)]
    town.tell(
        "BEGIN", *changes, "DROP RULE IF EXISTS silent ON audit_inbox",
        *([] if is_recorded else [
            "CREATE RULE silent AS ON INSERT TO audit_inbox DO INSTEAD NOTHING"
        ]),
        "COMMIT",
    )  # fmt: skip
