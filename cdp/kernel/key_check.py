"""Do the keyring and the database belong together? Asked by every process before it serves."""

from cdp.kernel import database, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Key, Use

CHECKED = (Use.KEK, Use.INDEX, Use.REFERENCE)


class KeyringMismatch(CdpError):
    """The keyring is not the one this database was sealed with."""

    code = "keyring_mismatch"


def _kept() -> list[Key]:
    ring = keyring.current()
    return [key for use in CHECKED for key in ring.of(use)]


def register() -> None:
    """Note the check value of each key that the database does not know yet (migration login)."""
    with database.cursor() as sql:
        for key in _kept():
            sql.execute(
                """INSERT INTO kernel_key (use, key_id, check_value, state, created_at)
                   VALUES (%s, %s, %s, %s, now()) ON CONFLICT DO NOTHING""",
                [key.use, key.id, key.check_value, key.state],
            )


def check() -> None:
    """
    Compare every key that the database knows with the keyring.

    :raises KeyringMismatch: one is missing or another key stands under its number
    :raises KeyringRefused: the file cannot be used
    """
    held = {(str(key.use), key.id): key.check_value for key in _kept()}
    with database.cursor() as sql:
        sql.execute("SELECT use, key_id, check_value FROM kernel_key WHERE state <> 'retired'")
        known = {(use, key_id): bytes(value) for use, key_id, value in sql.fetchall()}
    for (use, key_id), value in sorted(known.items()):
        if (use, key_id) not in held:
            raise KeyringMismatch(
                f"Key {key_id} of use “{use}” is used by this database but is not in the keyring. "
                f"Restore the keyring from its backup."
            )
        if held[use, key_id] != value:
            raise KeyringMismatch(
                f"Key {key_id} of use “{use}” in the keyring does not match the database. "
                f"Put back the keyring that belongs to it."
            )
