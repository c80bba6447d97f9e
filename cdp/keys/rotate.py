"""Begin a new key of a use; the former stays enabled, so that what it made still opens."""

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import clock, key_register, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Key, Keyring, Use

# Why a root is never rotated; the explanation is in docs/explanation/vault.md.
FIXED = {
    Use.INDEX: "identifiers and suppressions are kept as digests of it alone, so they could not be "
    "found any more",
    Use.REFERENCE: "one person has one pseudonym in the audit log for good",
}


class RootFixed(CdpError):
    """This root is never rotated; the message says why."""

    code = "root_fixed"


class ProviderUnhealthy(CdpError):
    """The key provider cannot make or keep a key now."""

    code = "provider_unhealthy"


def rotate(use: Use, *, actor: Actor | str) -> Key:
    """
    Make a new key of `use` the active one and return it; safe to repeat after a failure.

    A key is made, then known to the database and on the record, then taken up: no process wraps
    with a key that a process beside it would not know. Data keys move over by `keys rewrap`.

    :raises RootFixed: `use` is the index or reference root
    :raises ProviderUnhealthy: the provider cannot make or keep a key now
    :raises KeyringReadOnly: the keyring is not kept where this process can write
    """
    if use in FIXED:
        raise RootFixed(f"The {use} root is not rotated: {FIXED[use]}.", use=use)
    _refuse_unhealthy()
    with acting(actor):
        key = _made(use)
        key_register.follow()
        record(actor, "key.rotate", obj=f"key:{use}:{key.id}")
    keyring.change(lambda ring: ring.with_active(use, key.id))
    with acting(actor):
        key_register.follow()
    return keyring.current().get(use, key.id)


def _refuse_unhealthy() -> None:
    health = keyring.provider().health()
    if not health.fine:
        raise ProviderUnhealthy(health.says)


def _made(use: Use) -> Key:
    """Return a key that waits; one that an earlier, broken rotation left is taken."""

    def with_one_waiting(ring: Keyring) -> Keyring:
        newest = ring.of(use)[-1]
        is_waiting = newest.state == "enabled" and newest.id > ring.active(use).id
        return ring if is_waiting else ring.with_waiting(use, at=clock.now())

    return keyring.change(with_one_waiting).of(use)[-1]
