"""
The tracking endpoints. A request is authenticated, bounded and put into the journal; 200 means
committed. Source: interop reference, parts 1.1 to 1.6.

No framework between socket and journal: this is the hot path. Floods are answered 429 with
Retry-After, which clients wait for and send again; nothing is dropped without a word.
"""

import base64
import binascii
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from cdp.accounts import clients
from cdp.kernel import clock, rates
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger
from cdp.kernel.rates import Rate, TooFast
from profiles.events import intake, wire
from profiles.events.clean import KINDS
from profiles.events.wire import BodyRefused, BodyTooLarge
from profiles.sources import find
from profiles.sources.find import SourceFacts

STATUS = {"invalid_body": 400, "too_large": 413, "missing_identity": 400, "invalid_key": 401,
          "source_paused": 503}  # fmt: skip
_ACCEPTED = b'{"success":true}'
_TOLD = "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


class KeyRefused(CdpError):
    """The write key is missing, unknown or revoked."""

    code = "invalid_key"


class MissingIdentity(CdpError):
    """A single call names nobody."""

    code = "missing_identity"


class SourcePaused(CdpError):
    """An operator paused the source; clients keep their events and try again."""

    code = "source_paused"


View = Callable[..., HttpResponse]


def _door(view: View) -> View:
    """Give every answer the headers browsers need, and every refusal a code and a message."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
        elif request.method != "POST":
            response = _refuse(405, "method_not_allowed", "Send it by POST.")
        else:
            response = _answer(view, request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = "GET, POST"
        response["Access-Control-Allow-Headers"] = "authorization, content-type, x-retry-count"
        response["Access-Control-Expose-Headers"] = _TOLD
        response["Access-Control-Max-Age"] = "7200"
        return response

    return answered


def _answer(view: View, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
    try:
        client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
        rates.spend(Rate("tracking.address", settings.TRACKING_PER_ADDRESS), client)
        return view(request, *args, **kwargs)
    except TooFast as flood:
        return _refuse(429, flood.code, str(flood), **flood.verdict.headers)
    except CdpError as refusal:
        return _refuse(STATUS.get(refusal.code, 400), refusal.code, str(refusal))
    except UnreadablePostError:
        return _refuse(400, "invalid_body", "The body ended early.")
    except DatabaseError:
        logger().exception("tracking.unavailable")
        return _refuse(503, "unavailable", "Nothing was stored. Send it again.")


def _refuse(status: int, code: str, message: str, **headers: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status, headers=headers)


@_door
def single(request: HttpRequest, kind: str) -> HttpResponse:
    """POST /v1/track, /v1/identify … and their one-letter forms: one call."""
    if kind not in KINDS:
        return _refuse(404, "unknown_path", "There is no such call.")
    body = _body(request)
    envelope = wire.envelope(body, kind=KINDS[kind])
    source = _source(request, envelope.writeKey)
    if not wire.names_somebody(body):
        raise MissingIdentity("Give a userId or an anonymousId.")
    return _accept(request, source, envelope)


@_door
def batch(request: HttpRequest) -> HttpResponse:
    """POST /v1/batch, /v1/b, /v1/import: many calls in one envelope."""
    envelope = wire.envelope(_body(request), kind=None)
    return _accept(request, _source(request, envelope.writeKey), envelope)


def _accept(request: HttpRequest, source: SourceFacts, envelope: wire.Envelope) -> HttpResponse:
    verdict = rates.spend(Rate("tracking.source", settings.TRACKING_PER_SOURCE), source.id.bytes)
    gpc = any(part.strip() == "1" for part in request.headers.get("Sec-GPC", "").split(","))
    if envelope.batch:
        intake.accept(source, envelope, received_at=clock.now(), gpc=gpc)
    told = verdict.headers if verdict else None
    return HttpResponse(_ACCEPTED, content_type="application/json", headers=told)


def _body(request: HttpRequest) -> bytes:
    """Read the body as a stream with our own caps, whatever its content type says."""
    try:
        announced = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        raise BodyRefused("Content-Length must be a number.") from None
    if announced > wire.WIRE_BYTES:
        raise BodyTooLarge("The body is larger than 10 MiB.")
    raw = request.read(wire.WIRE_BYTES + 1)
    if len(raw) > wire.WIRE_BYTES:
        raise BodyTooLarge("The body is larger than 10 MiB.")
    if len(raw) < announced:
        raise BodyRefused("The body ended early.")
    return wire.inflate(raw, request.headers.get("Content-Encoding", "").strip().lower())


def _source(request: HttpRequest, in_body: object) -> SourceFacts:
    """Find the source: the first credential present decides."""
    key = _basic(request.headers.get("Authorization", ""))
    if key is None:
        given = in_body or request.GET.get("writeKey")
        key = given if isinstance(given, str) else ""
    source = find.by_write_key(key) if key and "\x00" not in key else None
    if source is None:
        raise KeyRefused("The write key is missing, unknown or revoked.")
    if source.paused:
        raise SourcePaused("This source is paused. Send it again later.")
    return source


def _basic(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest.strip()).decode().split(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


@_door
def metrics(request: HttpRequest) -> HttpResponse:
    """POST /v1/m: analytics.js counts itself; answered, and not kept."""
    return HttpResponse(_ACCEPTED, content_type="application/json")
