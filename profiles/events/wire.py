"""
What arrives at the front door, bounded and taken apart. Pure.

The door looks at the envelope alone; each call inside stays raw bytes until the drain, so one bad
event never costs the good ones. Source: interop reference, parts 1.3 and 1.4.
"""

import json
import re
import zlib
from typing import Any, NoReturn

import msgspec

from cdp.kernel.errors import CdpError

WIRE_BYTES = INFLATED_BYTES = 10 * 1024 * 1024
EVENT_BYTES = 32 * 1024
EVENTS_PER_BATCH = 2_500
SHARED_BYTES = 64 * 1024  # of a batch beside its calls, and a little for each comma and line break
_BETWEEN_BYTES = 64
_CHUNK = 65_536
_MOST_SIGNS = 1_000_000  # of structure, in a body that needs taking apart by hand
# possessive, and to the end where a quote never closes: linear whatever is sent
_SIGN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
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
    sentAt: Any = None  # noqa: N815  (a word of the wire)
    writeKey: Any = None  # noqa: N815  (a word of the wire)
    context: Any = None
    integrations: Any = None
    kind: str = ""  # of a single call; the path decides


_ABSENT = msgspec.Raw(b"null")


class _Outer(msgspec.Struct):
    """A batch with everything in it still raw, so that its size is known before it is built."""

    batch: list[msgspec.Raw]
    sentAt: msgspec.Raw = _ABSENT  # noqa: N815  (a word of the wire)
    writeKey: msgspec.Raw = _ABSENT  # noqa: N815  (a word of the wire)
    context: msgspec.Raw = _ABSENT
    integrations: msgspec.Raw = _ABSENT


_outer = msgspec.json.Decoder(_Outer)
_envelope = msgspec.json.Decoder(Envelope)
_anything = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


class _KeyOnly(msgspec.Struct):
    writeKey: Any = None  # noqa: N815  (a word of the wire)


class _Named(msgspec.Struct):
    userId: Any = None  # noqa: N815  (a word of the wire)
    anonymousId: Any = None  # noqa: N815  (a word of the wire)


class _Packed(msgspec.Struct):
    shared: bytes  # the envelope without its calls
    calls: list[bytes]


_packed = msgspec.msgpack.Decoder(_Packed)
_key_only = msgspec.json.Decoder(_KeyOnly)
_named = msgspec.json.Decoder(_Named)


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
    :raises BodyTooLarge: more than 2,500 events, or too much beside them
    """
    try:
        if kind is None:
            found = _batch(body)
        else:
            key = _key_only.decode(body).writeKey
            found = Envelope(batch=[msgspec.Raw(body)], writeKey=key, kind=kind)
    except (msgspec.DecodeError, ValueError, RecursionError):
        what = "with a list “batch”" if kind is None else "describing one call"
        raise BodyRefused(f"The body must be a JSON object {what}.") from None
    if len(found.batch) > EVENTS_PER_BATCH:
        raise BodyTooLarge(f"At most {EVENTS_PER_BATCH:,} events fit one request.")
    return found


def _batch(body: bytes) -> Envelope:
    """Return a batch's envelope, though one of its calls be nested too deep or half a sign."""
    try:
        outer = _outer.decode(body)
    except (msgspec.DecodeError, RecursionError):
        start, end, calls = _calls(body)
        _refuse_heavy(len(body) - (end - start), calls=0)
        found = _envelope.decode(body[:start] + body[end:])
        found.batch = [msgspec.Raw(call) for call in calls if _is_json(call)]
        return found
    inside = sum(len(memoryview(raw)) for raw in outer.batch)
    _refuse_heavy(len(body) - inside, calls=len(outer.batch))
    return Envelope(
        batch=outer.batch,
        sentAt=_anything.decode(outer.sentAt),
        writeKey=_anything.decode(outer.writeKey),
        context=_anything.decode(outer.context),
        integrations=_anything.decode(outer.integrations),
    )


def _refuse_heavy(shared_bytes: int, *, calls: int) -> None:
    """Refuse what would be copied into each event, before anything is built of it."""
    if shared_bytes > SHARED_BYTES + _BETWEEN_BYTES * calls:
        raise BodyTooLarge("What a batch holds beside its calls has at most 64 KiB.")


def _calls(body: bytes) -> tuple[int, int, list[bytes]]:
    """
    Return where the calls of a batch begin and end, and each one's bytes.

    :raises ValueError: no list “batch”, or its brackets do not match
    """
    depth, key, start, begin, calls = 0, b"", -1, -1, []
    for number, found in enumerate(_SIGN.finditer(body)):
        if number > _MOST_SIGNS:
            raise ValueError("too many brackets and commas")
        sign = found[0]
        if depth == 1 and sign[:1] == b'"':
            key = sign
        elif sign in (b"[", b"{"):
            depth += 1
            if depth == 2 and sign == b"[" and key == b'"batch"':
                start = begin = found.end()
        elif begin >= 0 and depth == 2 and sign in (b",", b"]"):
            calls.append(body[begin : found.start()].strip())
            begin = found.end()
            if sign == b"]":
                return start, found.start(), calls
        elif sign in (b"]", b"}"):
            depth -= 1
    raise ValueError("no list “batch”")


def _is_json(call: bytes) -> bool:
    """
    Return True for a call that is JSON, be it nested too deep to read or with half a sign in it.

    :raises ValueError: it is not
    """
    try:
        json.loads(call.decode(errors="replace"), parse_constant=_refuse_constant)
    except RecursionError:
        return True
    return True


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def names_somebody(body: bytes) -> bool:
    """Return whether a single call, already known to be an object, has an identity."""
    found = _named.decode(body)
    return found.userId not in (None, "") or found.anonymousId not in (None, "")


def pack(found: Envelope) -> bytes:
    """Return the bytes that the journal seals: the calls untouched beside the rest, compressed."""
    shared = msgspec.structs.replace(found, batch=[])
    packed = _Packed(_encoder.encode(shared), [bytes(raw) for raw in found.batch])
    return zlib.compress(msgspec.msgpack.encode(packed), 1)


def unpack(packed: bytes) -> Envelope:
    """Return the envelope that `pack` packed."""
    found = _packed.decode(zlib.decompress(packed))
    envelope = _envelope.decode(found.shared)
    envelope.batch = [msgspec.Raw(call) for call in found.calls]
    return envelope


def call(raw: msgspec.Raw) -> Any:
    """
    Return one call as plain Python values.

    :raises msgspec.DecodeError, UnicodeDecodeError, RecursionError: it cannot be read
    """
    return _anything.decode(raw)
