"""
The OpenAPI 3.1 description of the management API, made from its views.

`docs/openapi.yaml` is `as_yaml()`, committed; a test says when it is no longer current.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers

from cdp.api.auth import PURPOSE_HEADER
from cdp.api.errors import MEDIA_TYPE, PROBLEMS, Problem
from cdp.api.once import HEADER, once

Shape = type[serializers.Serializer[Any]]
SETTINGS: dict[str, Any] = {
    "PREPROCESSING_HOOKS": ["cdp.api.schema.only_ours"],
    "DESCRIPTION": (
        "Read people for a purpose they permit, manage segments, relay what people say about "
        "their data. A request carries a key (`Authorization: Bearer …`) and, where it reads "
        f"people, names one of the key's purposes in `{PURPOSE_HEADER}`. Whoever does not permit "
        "that purpose is absent like somebody who does not exist."
    ),
}
PURPOSE = OpenApiParameter(
    PURPOSE_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Why people are read: one of the key's purposes. May be left out if it has one.",
)
IDEMPOTENCY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Any text of yours, new for each request: sent again within a day, the request "
    "is not carried out again and gets the same reply.",
)
PAGING = (
    OpenApiParameter("after", str, description="From the last page's “next”."),
    OpenApiParameter("limit", int, description="Rows on a page, 1 to 200; 50 if left out."),
)
_EVERYWHERE = (401, 403, 429, 500, 503)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry
    """How the schema names our keys."""

    target_class = "cdp.api.auth.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A management key (cdk_…)."}


def operation(
    name: str,
    summary: str,
    *,
    scope: str,
    answers: dict[int, Shape],
    takes: Shape | None = None,
    people: bool = False,
    paged: bool = False,
    writes: bool = False,
    problems: Sequence[int] = (),
) -> Callable[[Any], Any]:
    """
    Describe one operation; `people` says that it reads people, so names a purpose.

    One that `writes` is carried out once for each Idempotency-Key.
    """
    may_be_refused = people or paged or writes or takes
    refusals = {
        *_EVERYWHERE,
        *problems,
        *((400,) if may_be_refused else ()),
        *((409, 413, 415, 422) if writes else ()),
    }
    responses: dict[Any, Any] = dict(answers)
    for status in sorted(refusals):
        responses[status, MEDIA_TYPE] = Problem
    decorate: Callable[[Any], Any] = extend_schema(
        operation_id=name,
        summary=summary,
        request=takes,
        responses=responses,
        parameters=[
            *((PURPOSE,) if people else ()),
            *((IDEMPOTENCY,) if writes else ()),
            *(PAGING if paged else ()),
        ],
        extensions={"x-scope": scope},
    )
    return (lambda view: decorate(once(view))) if writes else decorate


def only_ours(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Keep the operations of /api/v1/; the schema does not describe itself."""
    return [each for each in endpoints if each[0].startswith("/api/v1/")]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the description as plain values, with the problem codes of each status."""
    with patched_settings(SETTINGS):
        # drf-spectacular says no types of these, here and below
        generator = SchemaGenerator()  # type: ignore[no-untyped-call]
        made: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
            request=None, public=True
        )
    for (path, method), text in _texts().items():
        made["paths"][path][method]["description"] = text
    made["x-problems"] = {
        code: {"status": status, "title": title} for code, (status, title) in PROBLEMS.items()
    }
    return made


def _texts() -> dict[tuple[str, str], str]:
    """Return what each view says of itself, by path and method."""
    enumerator = EndpointEnumerator()
    found = enumerator.get_api_endpoints()  # type: ignore[no-untyped-call]
    return {
        (path, method.lower()): inspect.getdoc(callback.cls) or ""
        for path, _, method, callback in only_ours(found)
    }


def as_yaml() -> str:
    """Return the description as it is committed."""
    renderer = OpenApiYamlRenderer()
    text: bytes = renderer.render(document(), renderer_context={})  # type: ignore[no-untyped-call]
    return text.decode()


class SchemaView(SpectacularAPIView):
    """GET /api/schema/: the description, as YAML or, with `?format=json`, as JSON."""

    authentication_classes = []
    custom_settings = SETTINGS
    schema = None
