"""The overview: how many people, what they permit, what was sent and bought, what needs a look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from audit import queries as log
from campaigns.models import Campaign
from cdp.console import consents, event_counts, jobs, names
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import clock
from cdp.kernel.models import JobRun
from cdp.templatetags import display
from consent import queries
from profiles.models import Quarantined

RANGES = (7, 30, 90)
FAILED_SINCE = timedelta(days=1)
TOTALS_FRESH = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Check:
    """One named check of trust: what it looked at, whether it is well, a number, a way there."""

    kind: str  # success, warning, error
    text: str
    url: str


def _days(request: ConsoleRequest) -> int:
    asked = request.GET.get("days", "30")
    return int(asked) if asked in map(str, RANGES) else 30


def orders_chart(activity: event_counts.Activity) -> dict[str, Any]:
    """Return orders a day, with one sentence on what they come to."""
    total = activity.orders_total
    busiest = max(range(len(activity.orders)), key=activity.orders.__getitem__, default=0)
    return {
        "unit": _("orders"),
        "head": _("Day"),
        "finding": ngettext(
            "%(total)s order; the busiest day was %(day)s with %(most)s.",
            "%(total)s orders; the busiest day was %(day)s with %(most)s.",
            total,
        )
        % {
            "total": display.number(total),
            "day": activity.days[busiest].isoformat(),
            "most": display.number(activity.orders[busiest]),
        }
        if total
        else _("No order in this range."),
        "labels": [day.isoformat()[5:] for day in activity.days] if total else [],
        "series": [{"name": _("Orders"), "values": activity.orders}],
    }


def _sent(campaigns: Iterable[Campaign]) -> dict[str, int]:
    """Return the deliveries of all campaigns by state, as counted at the last sweep."""
    counted: dict[str, int] = {}
    for campaign in campaigns:
        for state, people in campaign.counts.items():
            if isinstance(people, int):
                counted[state] = counted.get(state, 0) + people
    return counted


def _checks(failed: int, refused: int, counted_at: datetime | None) -> list[Check]:
    state = log.state()
    signed = (
        Check(
            "success",
            _("Log signed to entry %(n)s") % {"n": display.number(state.size)},
            reverse("console:audit"),
        )
        if state
        else Check("warning", _("The log is not signed yet"), reverse("console:audit"))
    )
    fresh = counted_at is not None and clock.now() - counted_at < TOTALS_FRESH
    permissions = (
        Check("success", _("Permissions counted"), reverse("console:consents"))
        if fresh
        else Check("warning", _("Permissions not counted lately"), reverse("console:consents"))
    )
    ended = (
        Check(
            "error",
            ngettext("%(n)d job failed in 24 hours", "%(n)d jobs failed in 24 hours", failed)
            % {"n": failed},
            reverse("console:jobs"),
        )
        if failed
        else Check("success", _("No job failed in 24 hours"), reverse("console:jobs"))
    )
    intake = (
        Check(
            "warning",
            ngettext(
                "%(n)d refused event in quarantine", "%(n)d refused events in quarantine", refused
            )
            % {"n": refused},
            reverse("console:sources"),
        )
        if refused
        else Check("success", _("No event in quarantine"), reverse("console:sources"))
    )
    return [signed, permissions, ended, intake]


@require_GET
@needs("any")
def show_overview(request: ConsoleRequest) -> HttpResponse:
    """Show the workspace's numbers of a range of days and what waits for someone."""
    days, now = _days(request), clock.now()
    totals, counted_at = queries.totals(), consents.counted_at()
    activity = event_counts.activity(request, days=days, until=now)
    campaigns = list(Campaign.objects.order_by("-created_at")[:50])
    failed = JobRun.objects.filter(state=JobRun.State.FAILED, ended_at__gt=now - FAILED_SINCE)
    refused = Quarantined.objects.exclude(reason="erased")  # those are not to be mended
    running = JobRun.objects.filter(state__in=[JobRun.State.QUEUED, JobRun.State.RUNNING])
    currency = str(request.workspace.settings.get("currency", "USD"))
    everybody, permit = totals.get("", 0), totals.get("marketing.email", 0)
    sent = _sent(campaigns)
    shown = {
        "days": days,
        "ranges": RANGES,
        "purpose": names.purpose(event_counts.PURPOSE),
        "everybody": everybody,
        "permit": permit,
        "counted_at": counted_at,
        "activity": activity,
        "currency": currency,
        "sent": sent.get("sent", 0),
        "deliveries": sent,
        "orders_chart": orders_chart(activity),
        "permitted_chart": consents.permitted_chart(totals),
        "checks": _checks(failed.count(), refused.count(), counted_at),
        "running": jobs.lines(list(running.order_by("-created_at")[:5])),
        "campaigns": campaigns[:5],
    }
    return render(request, "console/overview.html", shown)
