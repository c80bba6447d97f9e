"""What there is to know about the keys without showing one."""

from dataclasses import dataclass
from datetime import datetime

from cdp.kernel import database, key_register, keyring
from cdp.kernel.keyring import Health, Key, Keyring, Use


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One key; `subjects` and `wraps` are counted for KEKs, `fits` where the database knows it."""

    use: str
    id: int
    state: str
    created: str
    subjects: int | None
    wraps: int | None
    fits: bool | None
    retired_at: datetime | None
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """Every key of the keyring and those the database remembers, and the provider's health."""

    provider: str
    health: Health
    keys: tuple[KeyStatus, ...]


def status() -> Status:
    """
    Return the state of every key; counting subjects costs an index scan per KEK.

    :raises KeyringRefused: the keyring cannot be used
    :raises KeyServiceAway: a key service has to unwrap it and does not answer
    """
    ring, kept = keyring.current(), keyring.provider()
    known = _known()
    found = [
        KeyStatus(
            use=str(key.use),
            id=key.id,
            state=key.state,
            created=key.created,
            subjects=key_register.count_subjects(key.id) if key.use is Use.KEK else None,
            wraps=row.wraps if row and key.use is Use.KEK else None,
            fits=row.check_value == key.check_value if row else None,
            retired_at=row.retired_at if row else None,
            destroyed_at=None,
        )
        for key, row in ((key, known.get((key.use, key.id))) for key in _in_order(ring))
    ]
    held = {(key.use, key.id) for key in found}
    gone = [
        KeyStatus(
            use=use,
            id=key_id,
            state="destroyed" if row.destroyed_at else "missing",
            created="",
            subjects=key_register.count_subjects(key_id) if use == Use.KEK else None,
            wraps=row.wraps if use == Use.KEK else None,
            fits=None,
            retired_at=row.retired_at,
            destroyed_at=row.destroyed_at,
        )
        for (use, key_id), row in sorted(known.items())
        if (use, key_id) not in held
    ]
    return Status(kept.name, kept.health(), (*found, *gone))


@dataclass(frozen=True, slots=True)
class _Row:
    check_value: bytes
    wraps: int
    retired_at: datetime | None
    destroyed_at: datetime | None


def _in_order(ring: Keyring) -> list[Key]:
    return sorted(ring.every(), key=lambda key: (list(Use).index(key.use), key.id))


def _known() -> dict[tuple[str, int], _Row]:
    with database.cursor() as sql:
        sql.execute(
            "SELECT use, key_id, check_value, wraps, retired_at, destroyed_at FROM kernel_key"
        )
        return {
            (use, key_id): _Row(bytes(value), wraps, retired_at, destroyed_at)
            for use, key_id, value, wraps, retired_at, destroyed_at in sql.fetchall()
        }
