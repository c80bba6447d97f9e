"""
The doors: which database login a request speaks through, and what every page's frame needs.

Chosen by URL before any query, so no view can read through another door's login.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.logging import logger

DOORS = (
    ("/v1/", "ingest"),
    ("/api/", "api"),
    ("/my/", "portal"),
    ("/u/", "portal"),
    ("/r/", "portal"),
)
THEMES = {"light": "candor-light", "dark": "candor-dark"}


class DoorMiddleware:
    """Sends a request's queries through its door's login and gives it an id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = f"req_{uuid7().hex}"  # type: ignore[attr-defined]
        door = next((name for prefix, name in DOORS if request.path.startswith(prefix)), "default")
        if door == "default" and not settings.DATABASE_ROLE_BY_SET_ROLE:
            response = self.get_response(request)
        else:
            with database.door("web" if door == "default" else door):
                response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every page shows: environment, theme, workspace, rail."""
    theme = request.COOKIES.get("candor_theme", "")
    workspace = getattr(request, "workspace", None)
    return {
        "environment": "demo" if settings.DEMO else "",
        "theme": THEMES.get(theme, ""),
        "theme_choice": theme if theme in THEMES else "system",
        "workspace": workspace,
        "demo_shift": _shift_sentence(workspace),
        "rail": getattr(request, "rail", list)(),
        "request_id": getattr(request, "request_id", ""),
    }


def _shift_sentence(workspace: Any) -> str:
    days = workspace.settings.get("demo_shift_days") if workspace else None
    if not days:
        return ""
    return _(
        "Sample data: purchases of the year 2017, moved by %(days)s days so that they end "
        "yesterday. Names and contact details are generated."
    ) % {"days": f"{days:,}"}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old; htmx reloads the page instead."""
    response = render(request, "403_csrf.html", status=403)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Note which directive a page broke; never the page's full address."""
    try:
        report = json.loads(request.body[:10_000]).get("csp-report", {})
        directive = str(report.get("effective-directive", ""))[:60]
    except (ValueError, AttributeError):
        directive = "unreadable"
    logger().warning("csp.violation", where=directive)
    return HttpResponse(status=204)
