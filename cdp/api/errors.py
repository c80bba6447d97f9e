"""
Problem documents: what the management API answers when it says no. One place knows every status.

A problem holds our own words alone: a value that somebody sent is never quoted, since it may be a
person's. Source: RFC 9457; interop reference, part 6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.response import Response

from cdp.accounts.replies import RequestInFlight
from cdp.kernel import database
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger
from profiles.segments.rules import RuleRefused

MEDIA_TYPE = "application/problem+json"
# code → status and title. What is not here is a fault of ours: 500, with no word about why.
PROBLEMS: dict[str, tuple[int, str]] = {
    "invalid_input": (400, "The input does not fit"),
    "malformed_json": (400, "The body is not the JSON that this API reads"),
    "bad_cursor": (400, "The cursor is not one of ours"),
    "purpose_required": (400, "The request names no purpose"),
    "unknown_purpose": (400, "There is no such purpose"),
    "unreadable_email": (400, "This is not an e-mail address"),
    "unreadable_phone": (400, "This is not a phone number"),
    "unusable_identifier": (400, "This id points to nobody"),
    "rule_refused": (400, "The rule cannot be read"),
    "segment_refused": (400, "The segment cannot be made"),
    "bad_idempotency_key": (400, "The Idempotency-Key has another form"),
    "not_authenticated": (401, "The request carries no key in force"),
    "scope_missing": (403, "The key does not have this scope"),
    "purpose_not_allowed": (403, "The key may not read for this purpose"),
    "not_found": (404, "Not here, or not for this key and purpose"),
    "no_such_segment": (404, "There is no such segment"),
    "no_such_campaign": (404, "There is no such campaign"),
    "method_not_allowed": (405, "This address does not take this method"),
    "not_acceptable": (406, "Answers are JSON"),
    "segment_name_taken": (409, "Another segment has this name"),
    "not_switchable": (409, "This purpose is not the person's to switch"),
    "request_in_flight": (409, "The same request is being carried out"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "Bodies are JSON"),
    "idempotency_key_reused": (422, "The Idempotency-Key stands for another request"),
    "too_many_requests": (429, "Too many requests in a short time"),
    "broken": (500, "Something broke on our side"),
    "unavailable": (503, "Not available right now"),
    "consent_stale": (503, "Expired permissions wait to be folded"),
}
# What a field may be told, by the framework's code. Its own words may quote the value.
_FIELD_WORDS = {
    "required": "Give this field.",
    "null": "This field cannot be null.",
    "blank": "This field cannot be empty.",
    "max_length": "This is too long.",
    "min_length": "This is too short.",
    "max_value": "This is too large.",
    "min_value": "This is too small.",
    "invalid_choice": "Choose one of the values that the schema lists.",
    "unknown_field": "There is no such field.",
    "one_of": "Give exactly one of the fields.",
    "not_a_list": "Give a list.",
    "invalid": "This value does not fit the field.",
}
_FRAMEWORK: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "not_authenticated",
    exceptions.PermissionDenied: "scope_missing",
    PermissionDenied: "scope_missing",
    exceptions.NotFound: "not_found",
    Http404: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ParseError: "malformed_json",
}
_DETAILS = {
    "not_authenticated": "Send a key in force: Authorization: Bearer <key>.",
    "not_found": "There is nothing at this address for this key and purpose.",
    "method_not_allowed": "See the header Allow.",
    "not_acceptable": "Send Accept: application/json, or leave it out.",
    "unsupported_media_type": "Send Content-Type: application/json.",
    "unavailable": "Nothing was changed. Try again in a minute.",
}
_PLAIN_NAME = re.compile(r"[a-z_]{1,40}")


class FieldProblem(serializers.Serializer[Any]):
    """One field of the body that does not fit."""

    pointer = serializers.CharField(help_text="JSON Pointer into the body (RFC 6901).")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """What went wrong, for machines by `code` and for people by `detail`."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=sorted(PROBLEMS))
    detail = serializers.CharField(required=False)
    instance = serializers.CharField(required=False, help_text="The path that was asked.")
    request_id = serializers.CharField(required=False, help_text="Name it when you ask us.")
    # RFC 9457's usual name; Serializer has a property of that name, for its own mistakes
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure as the API tells it."""

    code: str
    detail: str = ""
    fields: tuple[dict[str, str], ...] = ()


def problem(exc: Exception, context: dict[str, Any]) -> Response:
    """Return the problem document for an exception that a view raised."""
    refusal = _refusal(exc)
    if refusal.code in ("broken", "unavailable"):
        logger().error(
            "api.failed", code=refusal.code, exc_info=(type(exc), exc, exc.__traceback__)
        )
    request = context.get("request")
    response = Response(document(refusal, request), status=PROBLEMS[refusal.code][0])
    response.content_type = MEDIA_TYPE
    if header := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = header
    if isinstance(exc, RequestInFlight):
        response["Retry-After"] = "1"
    return response


def document(refusal: Refusal, request: Any = None) -> dict[str, Any]:
    """Return a refusal as the members of a problem document."""
    status, title = PROBLEMS[refusal.code]
    members: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/api/docs/#problem-{refusal.code}",
        "title": title,
        "status": status,
        "code": refusal.code,
    }
    if refusal.detail:
        members["detail"] = refusal.detail
    if request is not None:
        members["instance"] = request.path
        members["request_id"] = getattr(request, "request_id", "")
    if refusal.fields:
        members["errors"] = list(refusal.fields)
    return members


def _refusal(exc: Exception) -> Refusal:
    if isinstance(exc, RuleRefused):
        pointer = "/rule/" + exc.path.replace(".", "/")
        field = {"pointer": pointer, "code": exc.problem, "detail": _FIELD_WORDS["invalid"]}
        return Refusal(exc.code, "Correct the rule where “errors” says.", (field,))
    if isinstance(exc, exceptions.ValidationError):
        return Refusal(
            "invalid_input", "Correct the fields that “errors” names.", tuple(_fields(exc.detail))
        )
    if isinstance(exc, CdpError) and exc.code in PROBLEMS:
        return Refusal(exc.code, str(exc))
    if database.is_unavailable(exc):
        return Refusal("unavailable", _DETAILS["unavailable"])
    for kind, code in _FRAMEWORK.items():
        if isinstance(exc, kind):
            return Refusal(code, _DETAILS.get(code, ""))
    return Refusal("broken")


def _fields(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Yield each field that does not fit, in our words."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            place = "" if name == "non_field_errors" else f"/{_name(str(name))}"
            yield from _fields(inner, pointer + place)
    elif isinstance(detail, (list, tuple)):
        for inner in detail:
            yield from _fields(inner, pointer)
    elif isinstance(detail, ErrorDetail):
        code = detail.code if detail.code in _FIELD_WORDS else "invalid"
        yield {"pointer": pointer, "code": code, "detail": _FIELD_WORDS[code]}


def _name(name: str) -> str:
    """Return a field's name; one that cannot be ours may be a person's, and is not repeated."""
    return name if _PLAIN_NAME.fullmatch(name) else "?"
