"""
The doors: which database login a request speaks through, and what every page's frame needs.

Chosen by URL before any query, so no view can read through another door's login.
"""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.template import loader
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from cdp import hosts
from cdp.accounts import clients
from cdp.kernel import database, rates
from cdp.kernel.identifiers import uuid7
from cdp.kernel.logging import logger
from cdp.kernel.rates import Rate

DOORS = (
    ("/v1/", "ingest"),
    ("/api/", "api"),
    ("/my/", "portal"),
    ("/u/", "portal"),
    ("/r/", "portal"),
    ("/log/", "portal"),  # the login of those who came from outside
)
CSP_REPORTS = Rate("csp.reports", 30)
REPORT_BYTES = 10_000
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
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
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


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; where the database is away, that nothing was done."""
    failure = sys.exception()
    if isinstance(failure, Exception) and database.is_unavailable(failure):
        page = loader.render_to_string("503.html")  # without a request: it would ask the database
        return HttpResponse(page, status=503, headers={"Retry-After": "60"})
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old; htmx reloads the page instead."""
    response = render(request, "403_csrf.html", status=403)
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead the bare address to what this host is for."""
    return redirect(hosts.home(split_domain_port(request.get_host())[0]))


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Note which directive a page broke, 30 a minute and address; never the page's address."""
    client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
    verdict = rates.take(CSP_REPORTS, client)
    if verdict is not None and not verdict.passed:
        return HttpResponse(status=429, headers=verdict.headers)
    try:
        report = json.loads(request.read(REPORT_BYTES)).get("csp-report", {})
        directive = _directive(str(report.get("effective-directive", "")))
    except (ValueError, AttributeError, RecursionError):
        directive = "unreadable"
    logger().warning("csp.violation", where=directive)
    return HttpResponse(status=204)


def _directive(named: str) -> str:
    """Return a directive's name; anything else that a stranger put there is not repeated."""
    return named if re.fullmatch(r"[a-z-]{1,40}", named) else "unreadable"
