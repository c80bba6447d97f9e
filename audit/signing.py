"""The log's own keys, from the keyring, and those of the witnesses that are configured."""

from django.conf import settings

from audit.checkpoint import COSIGNS, Signer, VerifierKey
from cdp.kernel import keyring
from cdp.kernel.keyring import Use

_STATES_THAT_SIGN = ("active", "enabled")


def origin() -> str:
    """Return the log's name."""
    return keyring.current().active(Use.SIGN).origin


def signers() -> list[Signer]:
    """
    Return the keys that sign now: the active one, and former ones of the same log until retired.

    :raises KeyMissing: the keyring has no signing key
    """
    ring = keyring.current()
    active = ring.active(Use.SIGN)
    former = [
        key
        for key in ring.of(Use.SIGN)
        if key.state in _STATES_THAT_SIGN and key.origin == active.origin and key != active
    ]
    return [Signer(key.origin, key.material) for key in [active, *former]]


def verifiers() -> list[VerifierKey]:
    """Return the public half of every key that has ever signed this log."""
    ring = keyring.current()
    return [Signer(key.origin, key.material).verifier for key in ring.of(Use.SIGN)]


def vkey() -> str:
    """Return the verifier key to publish."""
    return str(signers()[0].verifier)


def witnesses() -> list[VerifierKey]:
    """
    Return the keys of the witnesses in the settings.

    :raises NoteRefused: the setting holds something else
    """
    vkey = settings.AUDIT_WITNESS_VKEY
    return [VerifierKey.parse(vkey, kind=COSIGNS)] if vkey else []
