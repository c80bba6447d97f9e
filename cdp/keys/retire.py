"""End a key: retired once nothing refers to it, destroyed when its backups may die with it."""

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import key_register, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import KeyMissing, Use

RETIRABLE = (Use.KEK, Use.SIGN)


class KeyInUse(CdpError):
    """Something still needs this key; the message says what and how much."""

    code = "key_in_use"


class KeyNotRetired(CdpError):
    """Only a retired key may be destroyed."""

    code = "key_not_retired"


def retire(use: Use, key_id: int, *, actor: Actor | str) -> None:
    """
    Retire a former key: a KEK that wraps nobody's key any more, or a signing key that overlapped.

    Its material stays: a restored backup may need the KEK, and old signatures their verifier.
    Safe to repeat.

    :raises KeyInUse: it is the active one, subjects use it, or its use knows no retirement
    :raises KeyMissing: the keyring has no such key
    """
    key = keyring.current().get(use, key_id)
    if use not in RETIRABLE:
        raise KeyInUse(f"A key of use “{use}” is not retired by hand.", use=use)
    if key.state == "active":
        raise KeyInUse(
            f"Key {key_id} of use “{use}” is the active one. Run: manage.py keys rotate --use "
            f"{use}",
            use=use,
            key_id=key_id,
        )
    with acting(actor):
        if use is Use.KEK:
            _refuse_in_use(key_id, "retired")
        record(actor, "key.retire", obj=f"key:{use}:{key_id}")
        keyring.change(lambda ring: ring.with_retired(use, key_id))
        key_register.follow()


def destroy(key_id: int, *, actor: Actor | str) -> None:
    """
    Destroy the material of a retired KEK; data keys in older backups are dead for everyone then.

    Safe to repeat where it broke off: what the keyring lost already is put on the record.

    :raises KeyNotRetired: it is not retired
    :raises KeyInUse: subjects use it after all
    :raises KeyMissing: the keyring has no such key
    """
    held = next((key for key in keyring.current().of(Use.KEK) if key.id == key_id), None)
    if held and held.state != "retired":
        raise KeyNotRetired(
            f"KEK {key_id} is not retired. Run: manage.py keys retire --kek {key_id}",
            key_id=key_id,
        )
    with acting(actor):
        _refuse_in_use(key_id, "destroyed")
        if not key_register.mark_destroyed(Use.KEK, key_id) and not held:
            raise KeyMissing(f"KEK {key_id} is not in the keyring.", use=Use.KEK, key_id=key_id)
        record(actor, "key.destroy", obj=f"key:{Use.KEK}:{key_id}")
        keyring.change(lambda ring: ring.without(Use.KEK, key_id))


def _refuse_in_use(key_id: int, what: str) -> None:
    if count := key_register.count_subjects(key_id):
        raise KeyInUse(
            f"KEK {key_id} is not {what}: {count:,} subjects use it. Run: manage.py keys rewrap",
            key_id=key_id,
            count=count,
        )
