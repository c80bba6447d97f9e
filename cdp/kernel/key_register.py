"""
What the database knows of the keyring: number, check value and state of a key, never material.

The keyring is the truth; the register follows it and lets every process notice a wrong keyring.
"""

from cdp.kernel import clock, database, keyring
from cdp.kernel.keyring import Key, Use

KEPT = (Use.KEK, Use.INDEX, Use.REFERENCE)


def kept() -> list[Key]:
    """Return the keys of the process's keyring that belong in the register."""
    ring = keyring.current()
    return [key for use in KEPT for key in ring.of(use)]


def follow() -> None:
    """Enter the keys that are not known yet and take the states over; safe to repeat."""
    now = clock.now()
    with database.atomic(), database.cursor() as sql:
        for key in kept():
            sql.execute(
                """INSERT INTO kernel_key (use, key_id, check_value, state, wraps, created_at)
                   VALUES (%s, %s, %s, 'enabled', 0, %s) ON CONFLICT DO NOTHING""",
                [key.use, key.id, key.check_value, now],
            )
        # one key of a use is active at any time, so the former steps down first
        for key in sorted(kept(), key=lambda key: key.state == "active"):
            sql.execute(
                """UPDATE kernel_key
                      SET state = %s, retired_at = CASE WHEN %s = 'retired' THEN %s END
                    WHERE use = %s AND key_id = %s AND check_value = %s AND state <> %s""",
                [key.state, key.state, now, key.use, key.id, key.check_value, key.state],
            )


def mark_destroyed(use: Use, key_id: int) -> bool:
    """Note that a retired key's material is gone for good; return whether that is news."""
    with database.cursor() as sql:
        sql.execute(
            """UPDATE kernel_key SET destroyed_at = %s
                WHERE use = %s AND key_id = %s AND state = 'retired' AND destroyed_at IS NULL""",
            [clock.now(), use, key_id],
        )
        return bool(sql.rowcount)


def count_subjects(kek_id: int) -> int:
    """Return how many subjects' data keys a key-encryption key has wrapped."""
    with database.cursor() as sql:
        sql.execute("SELECT count(*) FROM kernel_subjectkey WHERE kek_id = %s", [kek_id])
        row = sql.fetchone()
    return int(row[0]) if row else 0


def keks_in_use() -> list[int]:
    """Return the key-encryption keys that data keys refer to; some probes of an index."""
    with database.cursor() as sql:
        sql.execute(
            """WITH RECURSIVE used AS (
                 (SELECT kek_id FROM kernel_subjectkey ORDER BY kek_id LIMIT 1)
                 UNION ALL
                 SELECT (SELECT k.kek_id FROM kernel_subjectkey k
                          WHERE k.kek_id > used.kek_id ORDER BY k.kek_id LIMIT 1)
                   FROM used WHERE used.kek_id IS NOT NULL)
               SELECT kek_id FROM used WHERE kek_id IS NOT NULL ORDER BY 1"""
        )
        return [row[0] for row in sql.fetchall()]
