"""
Who opens which screen of the console: the decorator that asks, and the rail that shows the way.

What each role may do is in `cdp.accounts.permissions`.

Read from the database on each request, so an ended access ends with the next click.
Source: console reference, part 3.1.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from audit.actors import Actor
from cdp.accounts import notifications, permissions, team
from cdp.accounts.models import Operator, OperatorRole
from cdp.console import audit_state
from cdp.kernel import database
from cdp.kernel.models import Workspace

# The rail: group, then (route, title, permission that shows it).
RAIL: tuple[tuple[Any, tuple[tuple[str, Any, str], ...]], ...] = (
    ("", (("console:overview", _("Overview"), "any"),)),
    (
        _("Customers"),
        (
            ("console:profiles", _("Profiles"), "profiles:read"),
            ("console:segments", _("Segments"), "segments:read"),
        ),
    ),
    (_("Engage"), (("console:campaigns", _("Campaigns"), "campaigns:read"),)),
    (_("Intelligence"), (("console:scoring", _("Models and scores"), "insights:read"),)),
    (
        _("Trust"),
        (
            ("console:consents", _("Purposes and consent"), "insights:read"),
            ("console:approvals", _("Approvals"), "any"),
            ("console:audit", _("Audit log"), "audit:read"),
        ),
    ),
    (
        _("Data"),
        (
            ("console:sources", _("Sources"), "events:read"),
            ("console:exports", _("Exports"), "exports:create"),
            ("console:jobs", _("Jobs"), "jobs:read"),
        ),
    ),
    (_("Workspace"), (("console:settings", _("Settings"), "workspace:manage"),)),
)


class ConsoleRequest(HttpRequest):
    """A request of a signed-in operator who works in a workspace."""

    operator: Operator
    workspace: Workspace
    permissions: frozenset[str]
    actor: Actor
    htmx: HtmxDetails
    request_id: str


View = Callable[..., HttpResponse]


class WorkspaceMiddleware:
    """Puts a signed-in operator's request into their workspace, with their permissions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/console/"):
            return self.get_response(request)
        user = request.user
        roles = _roles_of(user.pk) if user.is_authenticated else []
        here = cast(ConsoleRequest, request)
        here.permissions = permissions.held(role for _, role in roles)
        if not roles:
            return self.get_response(request)
        here.operator = cast(Operator, user)
        here.workspace = Workspace.objects.get(pk=roles[0][0])
        here.actor = Actor.operator(here.operator.pk)
        team.note_seen(here.operator)
        request.rail = lambda: _rail(here)  # type: ignore[attr-defined]
        request.unread = lambda: notifications.unread(here.operator.pk)  # type: ignore[attr-defined]
        if may(here, "audit:read"):
            request.log_alarm = audit_state.alarm  # type: ignore[attr-defined]
        with database.in_workspace(here.workspace.pk, request=here.request_id):
            return self.get_response(request)


def _roles_of(operator: UUID) -> list[tuple[UUID, str]]:
    rows = OperatorRole.objects.filter(operator_id=operator).order_by("workspace__created_at")
    found = list(rows.values_list("workspace_id", "role"))
    return [(workspace, role) for workspace, role in found if workspace == found[0][0]]


def may(request: ConsoleRequest, permission: str) -> bool:
    """Return whether the operator holds a permission; "any" asks for any role at all."""
    held = request.permissions
    return bool(held) if permission == "any" else permission in held


def needs(permission: str) -> Callable[[View], View]:
    """Let a view be opened only with `permission`; else sign in, or the page that says why not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                if request.htmx:
                    return HttpResponseClientRedirect(reverse("account:signin"))
                return redirect_to_login(request.get_full_path())
            if not may(request, permission):
                return _refuse(request, permission)
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            response.headers.setdefault("Vary", "HX-Request, Cookie")
            return response

        within = getattr(view, "permission", "")  # a view may ask for two
        guarded.permission = f"{permission} {within}".strip()  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def _refuse(request: ConsoleRequest, permission: str) -> HttpResponse:
    """Answer with the page that says what is needed, who can open it and who can grant it."""
    shown: dict[str, Any] = {
        "permission": permission,
        "needed": permissions.WORDS.get(permission, ""),
    }
    if request.permissions:
        here = request.workspace.pk
        shown["openers"] = team.names_with(permission, workspace=here)
        shown["granters"] = team.names_with("team:manage", workspace=here)
    refused = render(request, "403.html", shown, status=403)
    refused["Cache-Control"] = "no-store"
    return refused


def _rail(request: ConsoleRequest) -> list[dict[str, Any]]:
    groups = []
    for title, items in RAIL:
        shown = [
            {"title": name, "url": (url := reverse(route)), "active": _is_active(request, url)}
            for route, name, permission in items
            if may(request, permission)
        ]
        if shown:
            groups.append({"title": title, "items": shown})
    return groups


def _is_active(request: HttpRequest, url: str) -> bool:
    return (
        request.path == url if url == reverse("console:overview") else request.path.startswith(url)
    )
