"""The tiles and checkpoints that the database keeps, read and written in sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.models import Checkpoint, Tile
from audit.tiles import Place, Tiles
from cdp.kernel import clock, database


@dataclass(frozen=True, slots=True)
class Signed:
    """A stored checkpoint."""

    size: int
    root: bytes
    note: str


def newest_checkpoint() -> Signed | None:
    """Return the newest checkpoint, None before the first."""
    row = Checkpoint.objects.order_by("-size").first()
    return Signed(row.size, bytes(row.root), row.note) if row else None


def checkpoints(*, after: int = -1, limit: int) -> list[Signed]:
    """Return checkpoints of more than `after` entries, smallest first."""
    rows = Checkpoint.objects.filter(size__gt=after).order_by("size")[:limit]
    return [Signed(row.size, bytes(row.root), row.note) for row in rows]


def checkpoint_over(index: int) -> Signed | None:
    """
    Return the checkpoint to prove entry `index` under, with the witnesses' lines under its own.

    It is the newest that a witness signed and that reaches so far, else the newest of all.
    """
    with database.cursor() as sql:
        sql.execute(
            """SELECT c.size, c.root,
                      c.note || coalesce(string_agg(s.line, '' ORDER BY witness), '')
               FROM audit_checkpoint c LEFT JOIN audit_cosignature s USING (size)
               WHERE c.size = coalesce((SELECT max(size) FROM audit_cosignature WHERE size > %s),
                                       (SELECT max(size) FROM audit_checkpoint))
               GROUP BY c.size, c.root, c.note""",
            [index],
        )
        row = sql.fetchone()
    return Signed(row[0], bytes(row[1]), row[2]) if row else None


def newest_noted() -> Signed | None:
    """Return the newest checkpoint with every signature that is under it."""
    newest = newest_checkpoint()
    if newest is None:
        return None
    lines = [line for _, _, line in cosigned(after=newest.size - 1)]
    return Signed(newest.size, newest.root, newest.note + "".join(lines))


def cosigned(*, after: int = -1) -> Iterator[tuple[Signed, str, str]]:
    """Yield each cosigned checkpoint of more than `after` entries, who signed it, and the line."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT c.size, c.root, c.note, s.witness, s.line
               FROM audit_cosignature s JOIN audit_checkpoint c USING (size)
               WHERE size > %s ORDER BY size, witness""",
            [after],
        )
        for size, root, note, witness, line in sql.fetchall():
            yield Signed(size, bytes(root), note), witness, line


def last_cosigned(witness: str) -> int:
    """Return the size of the newest checkpoint that this witness signed, 0 before the first."""
    with database.cursor() as sql:
        sql.execute(
            "SELECT coalesce(max(size), 0) FROM audit_cosignature WHERE witness = %s", [witness]
        )
        row = sql.fetchone()
    return int(row[0]) if row else 0


def write_cosignature(size: int, witness: str, line: str, at: datetime) -> None:
    """Store a witness's line beside the checkpoint; it is never changed again."""
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO audit_cosignature (size, witness, line, at) VALUES (%s, %s, %s, %s)
               ON CONFLICT DO NOTHING""",
            [size, witness, line, at],
        )


def read_tiles(places: Sequence[Place]) -> dict[Place, bytes]:
    """Return the tiles that exist, in one query."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT t.level, t.n, t.data FROM audit_tile t
               JOIN unnest(%s::smallint[], %s::bigint[]) AS w(level, n) USING (level, n)""",
            [[level for level, _ in places], [n for _, n in places]],
        )
        return {(level, n): bytes(data) for level, n, data in sql.fetchall()}


def tiles(held: Sequence[Place] = ()) -> Tiles:
    """Return the stored tree; the tiles `held` are read at once, others as they are asked for."""
    ready = read_tiles(held) if held else {}
    absent = set(held) - set(ready)

    def load(place: Place) -> bytes:
        if place in absent:
            return b""
        return ready.get(place) or _read_tile(place)

    return Tiles(load)


def _read_tile(place: Place) -> bytes:
    level, n = place
    row = Tile.objects.filter(level=level, n=n).first()
    return bytes(row.data) if row else b""


def write_tiles(changed: Mapping[Place, bytes]) -> None:
    """Store tiles that are new or have grown."""
    with database.cursor() as sql:
        sql.execute(
            """INSERT INTO audit_tile (level, n, data)
               SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
               ON CONFLICT (level, n) DO UPDATE SET data = excluded.data""",
            [
                [level for level, _ in changed],
                [n for _, n in changed],
                list(changed.values()),
            ],
        )


def write_checkpoint(signed: Signed) -> None:
    """Store a signed checkpoint; it is never changed again."""
    with database.cursor() as sql:
        sql.execute(
            "INSERT INTO audit_checkpoint (size, root, note, at) VALUES (%s, %s, %s, %s)",
            [signed.size, signed.root, signed.note, clock.now()],
        )
