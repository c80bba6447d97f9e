"""Notifications: what waits for an operator or went wrong, by day; a bell in the top bar."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from cdp.accounts import notifications
from cdp.accounts.models import Notification
from cdp.accounts.notifications import Kind
from cdp.accounts.permissions import WORDS
from cdp.console import names, paging, refusals
from cdp.console.access import ConsoleRequest, needs
from cdp.console.audit_words import alert_name

# Kind → its tag, and its text with room for the parameters.
TEXTS: Mapping[str, tuple[str, names.Text]] = {
    Kind.ALERT_HIT: ("warning", _("Alert “%(name)s”: %(who)s, %(count)s times")),
    Kind.LOG_BROKEN: ("error", _("The audit log does not hold: %(problem)s")),
    Kind.JOB_FAILED: ("error", _("%(job)s failed: %(reason)s")),
    Kind.ACCESS_ASKED: ("info", _("%(by)s asks for a permission: %(permission)s")),
    Kind.APPROVAL_ASKED: ("info", _("%(by)s asks for your approval: %(name)s")),
    Kind.APPROVAL_DECIDED: ("info", _("%(by)s decided on what you asked for: %(name)s")),
}
DECIDED: Mapping[str, names.Text] = {
    "approved": _("%(by)s approved what you asked for: %(name)s"),
    "rejected": _("%(by)s rejected what you asked for: %(name)s"),
    "expired": _("Nobody decided in time on what you asked for: %(name)s"),
}
# What a notification is about → the screen that shows it, and what its address takes.
SCREENS: Mapping[str, tuple[str, str]] = {
    "job": ("console:job", "run_id"),
    "approval": ("console:approval", "approval_id"),
    "campaign": ("console:campaign", "campaign_id"),
    "alert": ("console:audit_alert", "alert_id"),
    "log": ("console:audit", ""),
    "operator": ("console:member", "operator"),
}
ACTOR_PARAMS = ("by", "who")


@dataclass(frozen=True, slots=True)
class Line:
    """One notification as the list shows it; `url` is where it leads, '' where nowhere."""

    id: UUID
    at: datetime
    kind: str
    text: str
    url: str
    is_read: bool


@require_GET
@needs("any")
def show_notifications(request: ConsoleRequest) -> HttpResponse:
    """List an operator's own notifications by day, newest first."""
    only_unread = request.GET.get("show") == "unread"
    of = f"notifications.{only_unread}"
    position = paging.after(request.GET.get("after", ""), of=of)
    found = notifications.newest(
        request.operator.pk,
        only_unread=only_unread,
        before=(datetime.fromisoformat(position[0]), UUID(position[1])) if position else None,
        limit=paging.ROWS + 1,
    )
    page = paging.page(
        _lines(found),
        of=of,
        is_first=position is None,
        position=lambda line: [line.at.isoformat(), str(line.id)],
    )
    shown = {
        "page": page,
        "days": [(day, list(lines)) for day, lines in groupby(page.rows, key=_day)],
        "only_unread": only_unread,
        "unread": notifications.unread(request.operator.pk),
    }
    return render(request, "console/notifications.html", shown)


@require_POST
@needs("any")
def open_notification(request: ConsoleRequest, notification_id: UUID) -> HttpResponse:
    """Mark one notification read and go to what it is about."""
    found = Notification.objects.filter(operator=request.operator, pk=notification_id)
    if not found:
        raise Http404
    notifications.mark_read(request.operator.pk, only=notification_id)
    return redirect(_url(found[0].obj) or reverse("console:notifications"))


@require_POST
@needs("any")
def read_notifications(request: ConsoleRequest) -> HttpResponse:
    """Mark all of an operator's notifications read."""
    notifications.mark_read(request.operator.pk)
    return redirect("console:notifications")


def _day(line: Line) -> date:
    return timezone.localtime(line.at).date()


def _lines(found: list[Notification]) -> list[Line]:
    named = names.actors(
        {str(each.params.get(name, "")) for each in found for name in ACTOR_PARAMS}
    )
    return [_line(each, named) for each in found]


def _line(notification: Notification, named: names.ActorNames) -> Line:
    kind, text = TEXTS.get(notification.kind, ("neutral", notification.kind))
    params: dict[str, Any] = defaultdict(str, notification.params)
    if notification.kind == Kind.APPROVAL_DECIDED:
        text = DECIDED.get(params["state"], text)
    for name in ACTOR_PARAMS:
        if name in params:
            params[name] = named.of(str(params[name])) if params[name] else _("all together")
    if notification.kind == Kind.ALERT_HIT:
        params["name"] = alert_name(str(params["name"]))
    if "job" in params:
        params["job"] = names.job(str(params["job"]))
    if "permission" in params:
        params["permission"] = WORDS.get(str(params["permission"]), params["permission"])
    if "reason" in params:
        params["reason"] = refusals.said(str(params["reason"]))
    return Line(
        id=notification.pk,
        at=notification.created_at,
        kind=kind,
        text=str(text) % params,
        url=_url(notification.obj),
        is_read=notification.read_at is not None,
    )


def _url(obj: str) -> str:
    """Return the address of the screen that shows a thing, '' if none does."""
    kind, _colon, name = obj.partition(":")
    route, parameter = SCREENS.get(kind, ("", ""))
    if not route:
        return ""
    return reverse(route, kwargs={parameter: name} if parameter else None)
