"""
The intake key: sealed requests wait under a key that lives about a day and is then destroyed.

A key is destroyed once no waiting request and no quarantined event needs it any more.
Source: ARCHITECTURE, answer 1.
"""

from datetime import UTC, datetime, timedelta

from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import database, keyring
from cdp.kernel.keyring import Keyring, Use

LIFE = timedelta(days=1)
OVERLAP = timedelta(hours=1)  # a door that read the former key a moment ago may still seal with it
ACTOR = Actor.system("intake")


def rotate_if_due(*, as_of: datetime) -> int | None:
    """Begin a new intake key when the active one is a day old; return the new key's id."""
    if not keyring.provider().writable or as_of - _made_at(keyring.current()) < LIFE:
        return None

    def renewed(ring: Keyring) -> Keyring:
        grown = ring.with_new(Use.INTAKE, at=as_of)
        # before it is stored: a key that cannot be put on the record is not begun
        record(ACTOR, "key.rotate", obj=f"key:intake:{grown.active(Use.INTAKE).id}")
        return grown

    with database.atomic():
        return keyring.change(renewed).active(Use.INTAKE).id


def destroy_drained(*, as_of: datetime) -> list[int]:
    """Destroy former intake keys that nothing waiting needs; return their ids."""
    ring = keyring.current()
    if not keyring.provider().writable or as_of - _made_at(ring) < OVERLAP:
        return []
    active = ring.active(Use.INTAKE).id
    former = [key.id for key in ring.of(Use.INTAKE) if key.id < active]  # none that only waits
    needed = _needed()
    gone = [key_id for key_id in former if key_id not in needed]
    if gone:
        with database.atomic():
            for key_id in gone:
                record(ACTOR, "key.destroy", obj=f"key:intake:{key_id}")
            keyring.change(lambda ring: _without(ring, gone))
    return gone


def _without(ring: Keyring, key_ids: list[int]) -> Keyring:
    for key_id in key_ids:
        ring = ring.without(Use.INTAKE, key_id)
    return ring


def _made_at(ring: Keyring) -> datetime:
    created = ring.active(Use.INTAKE).created
    return datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _needed() -> set[int]:
    with database.cursor() as sql:
        sql.execute(
            """SELECT intake_key_id FROM profiles_journal
               UNION SELECT intake_key_id FROM profiles_quarantine"""
        )
        return {row[0] for row in sql.fetchall()}
