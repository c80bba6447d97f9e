"""
`Idempotency-Key`: a request that arrives again gets the reply it got before, and does nothing.

A view that writes builds its response inside the transaction of its effect and passes it through
`keep`; so an effect without a kept reply, or a reply without an effect, cannot be committed.
Refusals are not kept: they changed nothing, and the same request may be right later.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db import DatabaseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.accounts import replies
from cdp.accounts.replies import Claim
from cdp.api.auth import PURPOSE_HEADER, key_of
from cdp.kernel.errors import CdpError

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
MOST_CHARACTERS = 255
_KEPT_HEADERS = ("Location", "Retry-After")


class BadIdempotencyKey(CdpError):
    """The header is empty, too long, or not printable ASCII."""

    code = "bad_idempotency_key"


@dataclass(slots=True)
class _Running:
    """The claimed request at hand."""

    claim: Claim
    is_kept: bool = False


_running: ContextVar[_Running | None] = ContextVar("running_request", default=None)
View = Callable[..., Response]


def once(view: View) -> View:
    """Carry a view out once for each Idempotency-Key; without the header, as often as asked."""

    @wraps(view)
    def answered(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked = request.headers.get(HEADER)
        if asked is None:
            return view(self, request, *args, **kwargs)
        if not (asked.isascii() and asked.isprintable() and 0 < len(asked) <= MOST_CHARACTERS):
            raise BadIdempotencyKey(f"Give 1 to {MOST_CHARACTERS} printable ASCII characters.")
        found = replies.begin(
            key_of(request).pk,
            route=f"{request.method} {request.path}",
            idempotency_key=asked,
            request=_whole(request),
        )
        if isinstance(found, bytes):
            return _replayed(found)
        return _carried_out(found, view, self, request, *args, **kwargs)

    return answered


def keep(response: Response) -> Response:
    """Keep the reply to the request at hand, if it came with a key, and return it."""
    running = _running.get()
    if running is not None:
        headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
        body = JSONRenderer().render(response.data).decode()
        kept = {"status": response.status_code, "headers": headers, "body": body}
        replies.keep(running.claim, json.dumps(kept).encode())
        running.is_kept = True
    return response


def _carried_out(claim: Claim, view: View, *args: Any, **kwargs: Any) -> Response:
    running = _Running(claim)
    token = _running.set(running)
    try:
        response = view(*args, **kwargs)
        assert running.is_kept, "a view that writes keeps its reply in its transaction"
        return response
    except BaseException:
        with suppress(DatabaseError):  # the lease ends by itself
            replies.release(claim)
        raise
    finally:
        _running.reset(token)


def _replayed(reply: bytes) -> Response:
    kept = json.loads(reply)
    headers = {**kept["headers"], REPLAYED: "true"}
    return Response(json.loads(kept["body"]), status=kept["status"], headers=headers)


def _whole(request: Request) -> bytes:
    """Return everything that makes two requests the same one, beside their address."""
    purpose = request.headers.get(PURPOSE_HEADER, "").strip()
    return json.dumps(
        [purpose, request.query_params.urlencode(), request.data], sort_keys=True
    ).encode()
