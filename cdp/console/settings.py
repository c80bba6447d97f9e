"""Settings: the tabs above its screens, and the way to the first that is open to the operator."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from cdp.console.access import ConsoleRequest, may, needs

# route, title, permission that opens it
TABS: tuple[tuple[str, Any, str], ...] = (
    ("console:team", _("Team"), "team:manage"),
    ("console:api_keys", _("API keys"), "keys:manage"),
    ("console:keys", _("Keys"), "keys:manage"),
)


@require_GET
@needs("workspace:manage")
def show_settings(request: ConsoleRequest) -> HttpResponse:
    """Lead to the first tab that is open to the operator."""
    return redirect(tabs(request)[0]["url"])


def tabs(request: ConsoleRequest) -> list[dict[str, Any]]:
    """Return the tabs that are open to the operator; the one at hand is marked."""
    return [
        {"title": title, "url": (url := reverse(route)), "active": request.path.startswith(url)}
        for route, title, permission in TABS
        if may(request, permission)
    ]
