"""GET /api/docs/: the API's description as a page to read, rendered here; no script needed."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cdp.api.auth import PURPOSE_HEADER
from cdp.api.errors import PROBLEMS
from cdp.api.schema import document

_SAMPLES: dict[str, Any] = {
    "uuid": "0198f0a2-7c1e-7d30-9a51-3f0f6f1c2b44",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "mei@example.com",
    "user_id": "customer-1",
    "purpose": "marketing.email",
    "refresh_minutes": 60,
    "rule": {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 2}},
}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or body field, as a row of a table."""

    name: str
    place: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as a section of the page."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    fields: list[Field]
    answers: list[tuple[str, str]]
    curl: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /api/docs/"""
    problems = [
        {"code": code, "status": status, "title": title}
        for code, (status, title) in PROBLEMS.items()
    ]
    context = {"operations": operations(), "problems": problems, "header": PURPOSE_HEADER}
    return render(request, "api/docs.html", context)


@lru_cache(maxsize=1)
def operations() -> list[Operation]:
    """Return every operation of the description, in its order."""
    described = document()
    shapes = described["components"]["schemas"]
    return [
        _operation(path, method, found, shapes)
        for path, methods in described["paths"].items()
        for method, found in methods.items()
    ]


def _operation(path: str, method: str, found: dict[str, Any], shapes: dict[str, Any]) -> Operation:
    body = _body(found, shapes)
    parameters = [
        Field(
            each["name"],
            each["in"],
            _kind(each["schema"]),
            each.get("required", False),
            each.get("description", ""),
        )
        for each in found.get("parameters", [])
    ]
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found["summary"],
        description=found.get("description", ""),
        scope=found["x-scope"],
        fields=[*parameters, *_body_fields(body)],
        answers=[(status, _shape(answer)) for status, answer in found["responses"].items()],
        curl=_curl(path, method, parameters, body),
    )


def _body(found: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    content = found.get("requestBody", {}).get("content", {}).get("application/json")
    return shapes[_name(content["schema"])] if content else {}


def _body_fields(body: dict[str, Any]) -> list[Field]:
    required = body.get("required", [])
    return [
        Field(name, "body", _kind(schema), name in required, schema.get("description", ""))
        for name, schema in body.get("properties", {}).items()
    ]


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("format") or schema.get("type") or _name(schema) or "object")


def _shape(answer: dict[str, Any]) -> str:
    """Return the name of what an answer holds."""
    return next((_name(each["schema"]) for each in answer.get("content", {}).values()), "")


def _curl(path: str, method: str, parameters: list[Field], body: dict[str, Any]) -> str:
    """Return the operation as a command that works once the key is put in."""
    for each in parameters:
        if each.place == "path":
            path = path.replace("{" + each.name + "}", _SAMPLES["uuid"])
    lines = [f"curl {settings.PUBLIC_URL}{path}", '-H "Authorization: Bearer $CANDOR_KEY"']
    if method != "get":
        lines.insert(1, f"-X {method.upper()}")
    if any(each.name == PURPOSE_HEADER for each in parameters):
        lines.append(f'-H "{PURPOSE_HEADER}: profiling.segmentation"')
    if body:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(_sample(body))}'")
    return " \\\n  ".join(lines)


def _sample(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with the fields that must be given, or else with the first one."""
    names = body.get("required") or list(body["properties"])[:1]
    return {name: _SAMPLES.get(name, f"a {name}") for name in names}
