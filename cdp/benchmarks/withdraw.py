"""Withdrawal: one person's no, in force on every row of theirs when it commits."""

from uuid import UUID

from audit.actors import Actor
from cdp.benchmarks import residents
from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import database
from cdp.kernel.roles import Role
from consent import ledger, purposes
from consent.window import purpose, subject_window

PURPOSE = "profiling.segmentation"
TABLES = ("event", "purchase")


def measure(town: Town) -> list[Comparison]:
    """Compare a customer's withdrawal with the bare UPDATE of the same rows."""
    subject, mask = town.subject_of(residents.REGULAR), purposes.mask(PURPOSE)
    for table in TABLES:
        town.tell(
            f"CREATE TABLE bench.own_{table} AS SELECT * FROM profiles_{table}",
            f"CREATE INDEX ON bench.own_{table} (subject_id, happened_at)",
            f"VACUUM ANALYZE bench.own_{table}",
        )

    def say(allowed: bool) -> None:
        verb = ledger.grant if allowed else ledger.withdraw
        actor = Actor.customer(subject)
        with town.through(Role.PORTAL), subject_window(subject, actor=actor):
            verb(subject, purpose=PURPOSE, actor=actor, method="button", origin="portal")

    def update(bits: str) -> None:
        with town.administrator.transaction():
            for table in TABLES:
                town.administrator.execute(
                    f"UPDATE bench.own_{table} SET purpose_bits = {bits} WHERE subject_id = %s",
                    [mask, subject],
                )

    rows = _visible(town, subject)
    must_agree("show a customer's lines", [rows, town.size.regular_orders * residents.LINES])
    say(False)
    must_agree("withdraw", [_visible(town, subject), 0])
    say(True)
    must_agree("allow again", [_visible(town, subject), rows])
    ours, bare = race(
        Way(lambda: say(False), after=lambda: say(True)),
        Way(
            lambda: update("purpose_bits & ~(%s::bigint)"),
            after=lambda: update("purpose_bits | %s"),
        ),
        rounds=town.size.rounds,
    )
    must_agree("end as it began", [_visible(town, subject), rows])
    own = town.size.regular_orders * (1 + residents.LINES)
    return [
        Comparison(
            "withdraw", "withdraw one purpose", "bare UPDATE of the same rows", "withdrawal",
            f"A customer with {own} events and order lines, one withdrawal a round",
            "The rest is the ledger record, the fold of all they said, their rows in every other "
            "protected table, the entry and the data use, in one commit.",
            ours, bare,
        )
    ]  # fmt: skip


def _visible(town: Town, subject: UUID) -> int:
    """Return how many order lines of one person a worker sees under the purpose."""
    with town.through(Role.WORKER), purpose(PURPOSE, actor=ACTOR), database.cursor() as sql:
        sql.execute("SELECT count(*) FROM profiles_purchase WHERE subject_id = %s", [subject])
        row = sql.fetchone()
    return int(row[0]) if row else 0
