"""Problems: one shape for every refusal, and nothing of ours or of a person's in it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import override_settings
from rest_framework.exceptions import ValidationError

from cdp.api import errors
from cdp.api.parsers import BODY_BYTES
from cdp.kernel.errors import CdpError
from tests.api.conftest import Caller

SEARCH = "/api/v1/profiles/search"


class Surprise(CdpError):
    """Something anticipated elsewhere, which this API does not know."""

    code = "test_surprise"


@pytest.mark.django_db
def test_a_refusal_is_a_problem_document(caller: Caller) -> None:
    path = f"/api/v1/segments/{uuid4()}"

    answer = caller.get(path)

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body["request_id"] == answer.headers["X-Request-Id"]
    assert {key: answer.body[key] for key in ("status", "code", "title", "instance")} == {
        "status": 404,
        "code": "no_such_segment",
        "title": "There is no such segment",
        "instance": path,
    }
    assert answer.body["type"].endswith("/api/docs/#problem-no_such_segment")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_input"),
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b'"text"', 400, "malformed_json"),
        (b'{"user_id": NaN}', 400, "malformed_json"),
        (b'{"user_id": 1e999}', 400, "malformed_json"),
        (b'{"user_id": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
        (b'{"user_id": "\xff"}', 400, "malformed_json"),
        (b'\xef\xbb\xbf{"user_id": "a"}', 400, "malformed_json"),
        (b'{"user_id": "a", "user_id": "b"}', 400, "malformed_json"),
        (b'{"user_id": "a\\u0000"}', 400, "malformed_json"),
        (b'{"user_id": "\\ud800"}', 400, "malformed_json"),
        (b'{"user_id": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "malformed_json"),
        (b'{"user_id": ' + b"[" * 64 + b"]" * 64 + b"}", 400, "malformed_json"),
        (json.dumps({str(n): n for n in range(10_001)}).encode(), 400, "malformed_json"),
        (b'{"user_id": "' + b"a" * BODY_BYTES + b'"}', 413, "body_too_large"),
        (b'{"user_id": "[[[[' + b"[" * 200 + b'"}', 404, "not_found"),
        (b'{"user_id": "\\"[[[[' + b"[" * 200 + b'"}', 404, "not_found"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, bytes) else None,
)
def test_a_bad_body_is_refused_by_name(caller: Caller, body: bytes, status: int, code: str) -> None:
    answer = caller.post(SEARCH, raw=body)

    assert (answer.status, answer.body["code"]) == (status, code)


@pytest.mark.django_db
def test_the_address_the_method_and_the_kind_of_body_are_checked(caller: Caller) -> None:
    nowhere = caller.get("/api/v1/no/such")
    not_this_way = caller.post("/api/v1/purposes")
    a_form = caller.post(SEARCH, raw=b"user_id=a", kind="application/x-www-form-urlencoded")

    assert (nowhere.status, nowhere.body["code"]) == (404, "not_found")
    assert (not_this_way.status, not_this_way.body["code"]) == (405, "method_not_allowed")
    assert "GET" in not_this_way.headers["Allow"]
    assert (a_form.status, a_form.body["code"]) == (415, "unsupported_media_type")


@pytest.mark.django_db
def test_a_rule_that_cannot_be_read_is_pointed_at(caller: Caller) -> None:
    rule = {"version": 1, "where": {"trait": "no_such", "op": "gt", "value": 1}}

    answer = caller.post("/api/v1/segments", {"name": "Odd", "rule": rule})

    assert (answer.status, answer.body["code"]) == (400, "rule_refused")
    assert answer.body["errors"][0]["pointer"] == "/rule/where/trait"


@override_settings(PUBLIC_URL="https://candor.example")
def test_what_nobody_anticipated_says_nothing() -> None:
    for failure in (RuntimeError("mei.canary.7f3a@example.com"), Surprise("secret")):
        answer = errors.problem(failure, {})

        assert answer.status_code == 500
        assert answer.data == {
            "type": "https://candor.example/api/docs/#problem-broken",
            "title": "Something broke on our side",
            "status": 500,
            "code": "broken",
        }


def test_a_database_that_is_away_is_503() -> None:
    assert errors.problem(OperationalError("host 10.0.0.1"), {}).data["code"] == "unavailable"


def test_the_words_of_the_framework_are_not_passed_on() -> None:
    failure = ValidationError({"state": ['"canary" is not a valid choice.'], "x" * 99: ["canary"]})

    told: Any = errors.problem(failure, {}).data["errors"]

    assert [field["pointer"] for field in told] == ["/state", "/?"]
    assert "canary" not in str(told)
