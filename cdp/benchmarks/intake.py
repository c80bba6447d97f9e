"""Intake: a request of 100 events, from bytes to the commit that 200 stands for."""

import msgspec

from cdp.benchmarks import residents
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, race
from cdp.benchmarks.town import REQUEST, Town, seeded
from cdp.kernel import clock
from cdp.kernel.roles import Role
from profiles.events import intake, wire


def measure(town: Town) -> list[Comparison]:
    """Compare accepting with one bare commit of the same bytes, and with decoding alone."""
    times = town.size.batches
    body = _body()
    town.tell("CREATE TABLE bench.journal (id bigserial PRIMARY KEY, sealed bytea NOT NULL)")

    def accept() -> None:
        for _ in range(times):
            envelope = wire.envelope(body, kind=None)
            intake.accept(town.till, envelope, received_at=clock.now())

    def commit() -> None:
        for _ in range(times):
            town.administrator.execute("INSERT INTO bench.journal (sealed) VALUES (%s)", [sealed])

    def decode() -> None:
        for _ in range(times):
            msgspec.json.decode(body)

    def forget() -> None:
        town.tell("TRUNCATE profiles_journal, bench.journal")

    with town.through(Role.INGEST):
        accept()
        rows = town.ask("SELECT sealed, events FROM profiles_journal")
        must_agree("accept a request", [len(rows), times])
        must_agree("keep every event of a request", [rows[0][1], REQUEST])
        sealed = rows[0][0]
        accepted, committed, decoded = race(
            Way(accept, times),
            Way(commit, times),
            Way(decode, times),
            rounds=town.size.rounds,
            before=forget,
        )
        forget()
    size = f"{times} requests a round of {REQUEST} events, {len(body):,} bytes each"
    limit = f"One row of {len(sealed):,} bytes and one fsync are the least that a durable 200 costs"
    return [
        Comparison(
            "intake", "accept a request", "bare INSERT and commit of the same bytes", "request",
            size, f"{limit}; the rest is reading and sealing.", accepted, committed,
        ),
        Comparison(
            "intake", "accept a request", "msgspec decodes the body, nothing else", "request",
            size, "How much of it is more than reading JSON.", accepted, decoded,
        ),
    ]  # fmt: skip


def _body() -> bytes:
    calls = residents.orders(
        residents.resident(1), REQUEST, label="body", chance=seeded(), now=clock.now()
    )
    return msgspec.json.encode({"batch": list(calls), "sentAt": clock.now().isoformat()})
