"""An authenticator app, after RFC 6238 and without allauth's code."""

import base64
import hashlib
import hmac
import struct

PERIOD_SECONDS = 30


def code(secret: str, *, at: float) -> str:
    """Return the six digits that an app with this key shows at a moment (seconds since 1970)."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, struct.pack(">Q", int(at) // PERIOD_SECONDS), hashlib.sha1)
    start = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
