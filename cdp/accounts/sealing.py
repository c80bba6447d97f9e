"""
Operators' own secrets at rest: short texts sealed under a key of the keyring.

The key is derived from the active `token` key and named in the text, so rotation loses nothing
while the former key is kept. Each text is bound to the place it was sealed for.
"""

import base64
import binascii

from cdp.kernel import crypto, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Key, Use


class SealBroken(CdpError):
    """A sealed text was altered, or sealed for another place."""

    code = "seal_broken"


def seal(text: str, *, place: str) -> str:
    """Return `text` sealed for `place`."""
    key = keyring.current().active(Use.TOKEN)
    sealed = crypto.seal(_derived(key), text.encode(), _bound_to(place))
    return f"{key.id}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(sealed: str, *, place: str) -> str:
    """
    Return what was sealed for `place`.

    :raises SealBroken: altered, of another place, or of a key that is not in the keyring
    """
    number, _dot, body = sealed.partition(".")
    try:
        key = keyring.current().get(Use.TOKEN, int(number))
        raw = base64.urlsafe_b64decode(body)
        return crypto.unseal(_derived(key), raw, _bound_to(place)).decode()
    except (ValueError, binascii.Error, crypto.NotAuthentic, keyring.KeyMissing):
        raise SealBroken("This was not sealed here. Make it anew.") from None


def _derived(key: Key) -> bytes:
    return crypto.derive(key.material, "cdp1", "operator-secret")


def _bound_to(place: str) -> bytes:
    return crypto.lp("cdp1", "operator-secret", place)
