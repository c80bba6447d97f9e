"""Do the keyring and the database belong together? Asked by every process before it serves."""

from cdp.kernel import database, key_register
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use


class KeyringMismatch(CdpError):
    """The keyring is not the one this database was sealed with."""

    code = "keyring_mismatch"


def check() -> None:
    """
    Compare every key that the database knows or uses with the keyring.

    :raises KeyringMismatch: one is missing or another key stands under its number
    :raises KeyringRefused: the keyring cannot be used
    :raises KeyServiceAway: a key service has to unwrap it and does not answer
    """
    held = {(str(key.use), key.id): key.check_value for key in key_register.kept()}
    with database.cursor() as sql:
        sql.execute(
            """SELECT use, key_id, check_value, state FROM kernel_key
                WHERE destroyed_at IS NULL ORDER BY use, key_id"""
        )
        known = [(use, key_id, bytes(value), state) for use, key_id, value, state in sql.fetchall()]
        sql.execute("SELECT has_table_privilege('kernel_subjectkey', 'SELECT')")
        (may_count,) = sql.fetchone() or (False,)
    for use, key_id, value, _ in known:
        if held.get((use, key_id), value) != value:
            raise KeyringMismatch(
                f"{_named(use, key_id)} in the keyring does not match the database (another check "
                "value). Put back the keyring that belongs to it."
            )
    for key_id in key_register.keks_in_use() if may_count else []:
        if (Use.KEK, key_id) not in held:
            raise KeyringMismatch(
                f"KEK {key_id} is used by {key_register.count_subjects(key_id):,} subjects but is "
                "not in the keyring. Restore the keyring from its backup."
            )
    for use, key_id, _, state in known:
        if (use, key_id) not in held and state != "retired":
            raise KeyringMismatch(
                f"{_named(use, key_id)} is known to this database but is not in the keyring. "
                "Restore the keyring from its backup."
            )


def _named(use: str, key_id: int) -> str:
    return f"KEK {key_id}" if use == Use.KEK else f"Key {key_id} of use “{use}”"
