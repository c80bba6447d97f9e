"""The vault: opening addresses, each on the record before it is read."""

from uuid import UUID

from cdp.benchmarks.report import Comparison
from cdp.benchmarks.rounds import Way, must_agree, must_differ, race
from cdp.benchmarks.town import ACTOR, Town
from cdp.kernel import database
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.vault import open as vault

PURPOSE = "marketing.email"
_SELECT = """
    SELECT o.subject_id, v.subject_id, v.field, v.slot, v.sealed
      FROM kernel_origin o JOIN profiles_vaultvalue v ON v.subject_id = o.origin
     WHERE o.subject_id = ANY(%s) AND v.field = ANY(%s)
     ORDER BY v.put_at"""


def measure(town: Town) -> list[Comparison]:
    """Compare opening addresses with a plain SELECT of the same sealed cells."""

    def opened() -> dict[UUID, dict[str, str]]:
        with purpose(PURPOSE, actor=ACTOR):
            return vault.open(people, ["email"], actor=ACTOR)

    def selected() -> list[tuple[object, ...]]:
        return town.ask(_SELECT, [people, ["email"]])

    with town.through(Role.WORKER):
        people = _permitting(town)
        plain, sealed = opened(), selected()
        must_agree("read addresses", [len(people), len(plain), len(sealed)])
        must_differ("reading sealed cells", plain[people[0]]["email"].encode(), sealed[0][4])
        ours, bare = race(
            Way(opened, len(people)), Way(selected, len(people)), rounds=town.size.rounds
        )
    return [
        Comparison(
            "vault", "open addresses in a window", "plain SELECT of the sealed cells", "address",
            f"{len(people):,} people a round",
            "The rest is a data key unwrapped, a value unsealed and an entry written for each.",
            ours, bare,
        )
    ]  # fmt: skip


def _permitting(town: Town) -> list[UUID]:
    with purpose(PURPOSE, actor=ACTOR), database.cursor() as sql:
        sql.execute(
            "SELECT subject_id FROM profiles_profile ORDER BY subject_id LIMIT %s",
            [town.size.opened],
        )
        return [row[0] for row in sql.fetchall()]
