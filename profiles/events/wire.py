"""
What arrives at the front door, bounded and taken apart. Pure.

The door looks at the envelope alone; each call inside stays raw bytes until the drain, so one bad
event never costs the good ones. Source: interop reference, parts 1.3 and 1.4.
"""

import zlib
from typing import Any

import msgspec

from cdp.kernel.errors import CdpError

WIRE_BYTES = INFLATED_BYTES = 10 * 1024 * 1024
EVENT_BYTES = 32 * 1024
EVENTS_PER_BATCH = 2_500
_CHUNK = 65_536
_FREE_BYTES, _RATIO = 1024 * 1024, 200  # past the first MiB, a body may inflate 200-fold


class BodyRefused(CdpError):
    """The envelope is broken; nothing of it can be read."""

    code = "invalid_body"


class BodyTooLarge(CdpError):
    """More bytes or events than one request may carry."""

    code = "too_large"


class Envelope(msgspec.Struct):
    """A request as the journal keeps it: its calls untouched, what they share beside them."""

    batch: list[msgspec.Raw]
    sentAt: Any = None
    writeKey: Any = None
    context: Any = None
    integrations: Any = None
    kind: str = ""  # of a single call; the path decides


_envelope = msgspec.json.Decoder(Envelope)
_anything = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


class _KeyOnly(msgspec.Struct):
    writeKey: Any = None


_key_only = msgspec.json.Decoder(_KeyOnly)


def inflate(body: bytes, coding: str) -> bytes:
    """
    Return the body without its content coding, with bounded memory.

    :raises BodyRefused: an unknown coding, or not what it says it is
    :raises BodyTooLarge: it inflates beyond the limit
    """
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "deflate"):
        raise BodyRefused("Send the body plain or with Content-Encoding: gzip.")
    machine = zlib.decompressobj(wbits=31 if coding == "gzip" else 15)
    out, rest = bytearray(), body
    try:
        while rest and not machine.eof:
            out += machine.decompress(rest, _CHUNK)
            rest = machine.unconsumed_tail
            if len(out) > INFLATED_BYTES or (
                len(out) > _FREE_BYTES and len(out) > _RATIO * len(body)
            ):
                raise BodyTooLarge("The body inflates to more than 10 MiB.")
    except zlib.error:
        raise BodyRefused(f"The body is not valid {coding}.") from None
    if not machine.eof or machine.unused_data:
        raise BodyRefused(f"The {coding} body is cut off or has something after its end.")
    return bytes(out)


def envelope(body: bytes, *, kind: str | None) -> Envelope:
    """
    Return the request's envelope; `kind` names the path of a single call, None a batch.

    :raises BodyRefused: not a JSON object, or a batch that is no list
    :raises BodyTooLarge: more than 2,500 events
    """
    try:
        if kind is None:
            found = _envelope.decode(body)
        else:
            key = _key_only.decode(body).writeKey
            found = Envelope(batch=[msgspec.Raw(body)], writeKey=key, kind=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        what = "with a list “batch”" if kind is None else "describing one call"
        raise BodyRefused(f"The body must be a JSON object {what}.") from None
    if len(found.batch) > EVENTS_PER_BATCH:
        raise BodyTooLarge(f"At most {EVENTS_PER_BATCH:,} events fit one request.")
    return found


def pack(found: Envelope) -> bytes:
    """Return the bytes that the journal seals: the envelope as JSON, compressed."""
    return zlib.compress(_encoder.encode(found), 1)


def unpack(packed: bytes) -> Envelope:
    """Return the envelope that `pack` packed."""
    return _envelope.decode(zlib.decompress(packed))


def call(raw: msgspec.Raw) -> Any:
    """
    Return one call as plain Python values.

    :raises msgspec.DecodeError, UnicodeDecodeError, RecursionError: it cannot be read
    """
    return _anything.decode(raw)
