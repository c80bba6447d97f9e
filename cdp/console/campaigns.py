"""Campaigns: plan one, see it before it goes, launch it, watch who gets it and who does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.broadcasts import launch as broadcasts
from campaigns.messages import ask as previews
from campaigns.messages import create as templates
from campaigns.messages import preview
from campaigns.messages.render import Message
from campaigns.models import Campaign
from campaigns.planning import approval as launching
from campaigns.planning import ask as reaching
from campaigns.planning import create as planning
from campaigns.planning.create import NoSuchCampaign
from cdp.approvals import require
from cdp.approvals.models import Approval
from cdp.console import campaign_form, jobs, names, people, refusals
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.campaign_form import CampaignForm
from cdp.console.reason_field import ReasonField
from cdp.kernel.errors import CdpError
from cdp.kernel.models import JobRun
from profiles.models import Segment

REACH, PREVIEW = "count-reach", "preview-message"
MEMBERS_OFFERED = 20

# Why a message did not go out, as `campaigns.delivery` names it.
REASONS: Mapping[str, names.Text] = {
    "consent": _("withdrew before the hand-over"),
    "no_address": _("has no address"),
    "stopped": _("campaign was stopped"),
    "no_answer": _("no answer from the server"),
    "no_answer_twice": _("no answer, twice"),
    "value_missing": _("a value was missing"),
    "cap": _("had enough messages"),
    "quiet_hours": _("quiet hours"),
}


class ReasonForm(forms.Form):
    """Why a large send should go."""

    reason = ReasonField(label=_("Reason"), help_text=_("Who decides reads it."))


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign in the list, with the deliveries of its last count."""

    id: UUID
    name: str
    purpose: str
    segment: str
    state: str
    total: int
    sent: int
    skipped: int
    launched_at: datetime | None


def _line(campaign: Campaign, segments: Mapping[UUID, str]) -> CampaignLine:
    counts = campaign.counts
    return CampaignLine(
        id=campaign.id,
        name=campaign.name,
        purpose=names.purpose(campaign.purpose_key),
        segment=segments.get(campaign.segment_id, "") if campaign.segment_id else "",
        state=campaign.state,
        total=counts.get("total", 0),
        sent=counts.get("sent", 0),
        skipped=counts.get("skipped", 0) + counts.get("refused", 0) + counts.get("dead", 0),
        launched_at=campaign.launched_at,
    )


@require_GET
@needs("campaigns:read")
def show_campaigns(request: ConsoleRequest) -> HttpResponse:
    """List campaigns, newest first."""
    segments = dict(Segment.objects.values_list("id", "name"))
    rows = [_line(each, segments) for each in Campaign.objects.order_by("-created_at")[:200]]
    shown = {"campaigns": rows, "may_write": may(request, "campaigns:write")}
    return render(request, "console/campaigns.html", shown)


@require_http_methods(["GET", "POST"])
@needs("campaigns:write")
def new_campaign(request: ConsoleRequest) -> HttpResponse:
    """Show the form of a new campaign; on POST keep it as a draft."""
    form = CampaignForm(request.POST or None, initial={"segment": request.GET.get("segment", "")})
    if request.method == "POST" and form.is_valid():
        try:
            campaign = campaign_form.save(form, request)
        except CdpError as refused:
            form.add_error(None, refusals.said(refused))
        else:
            return redirect("console:campaign", campaign.id)
    shown = {
        "form": form,
        "variables": campaign_form.variables(get_language() or "en"),
        "has_segments": Segment.objects.filter(archived_at=None).exists(),
    }
    status = 422 if form.errors else 200
    return render(request, "console/campaign_new.html", shown, status=status)


def _found(campaign_id: UUID) -> Campaign:
    try:
        return planning.find(campaign_id)
    except NoSuchCampaign:
        raise Http404 from None


@require_GET
@needs("campaigns:read")
def show_campaign(request: ConsoleRequest, campaign_id: UUID) -> HttpResponse:
    """Show one campaign; htmx asks for its live part alone."""
    campaign = _found(campaign_id)
    live = {**_live(campaign), "may_send": may(request, "campaigns:send")}
    if request.htmx:
        status = 200 if live["is_under_way"] else jobs.STOP_POLLING
        return render(request, "console/campaign.html#live", live, status=status)
    segment = Segment.objects.filter(pk=campaign.segment_id or UUID(int=0)).first()
    reached = JobRun.objects.filter(
        kind=REACH, state=JobRun.State.SUCCEEDED, params__campaign=str(campaign.id)
    )
    shown = {
        **live,
        **_approval(request, campaign),
        "segment": segment,
        "purpose": names.purpose(campaign.purpose_key),
        "previews": _made_up(request, campaign),
        "members": _members(request, campaign),
        "run": reached.order_by("-created_at").first(),
        "may_write": may(request, "campaigns:write"),
    }
    return render(request, "console/campaign.html", shown)


def _live(campaign: Campaign) -> dict[str, Any]:
    counts: dict[str, int] = campaign.counts
    run = JobRun.objects.filter(pk=campaign.job_id or UUID(int=0)).first()
    total = counts.get("total", 0)
    waiting = sum(counts.get(state, 0) for state in ("queued", "claimed", "calling"))
    left_out = [
        (state, REASONS.get(reason, reason.replace("_", " ")), people_)
        for key, people_ in sorted(counts.items())
        for state, _dot, reason in [key.partition(".")]
        if reason and state != "sent"
    ]
    return {
        "campaign": campaign,
        "total": total,
        "sent": counts.get("sent", 0),
        "done": total - waiting,
        "sending": jobs.lines([run])[0] if run else None,
        "left_out": left_out,
        "is_under_way": campaign.state in (Campaign.State.PREPARING, Campaign.State.SENDING),
    }


def _approval(request: ConsoleRequest, campaign: Campaign) -> dict[str, Any]:
    """Return how a draft stands to the second pair of eyes that a large send takes."""
    if campaign.state != Campaign.State.DRAFT or campaign.segment_id is None:
        return {}
    asked = launching.open_one(campaign)
    is_own = asked is not None and asked.asked_by == str(request.actor)
    is_approved = asked is not None and asked.state == Approval.State.APPROVED
    takes_two = launching.is_needed(campaign)
    return {
        "takes_two": takes_two,
        "limit": require.limit(launching.KIND),
        "counted": launching.counted(campaign),
        "asked": asked,
        "is_own": is_own,
        "may_ask": may(request, "campaigns:send"),
        "may_launch": not takes_two or (is_own and is_approved),
        "reason_form": ReasonForm(),
    }


def _made_up(request: ConsoleRequest, campaign: Campaign) -> list[Message]:
    if campaign.template_id is None:
        return []
    template = templates.find(campaign.template_id)
    return [
        preview.preview_made_up(template, language=language, workspace=request.workspace)
        for language in sorted(template.subject)
    ]


def _members(request: ConsoleRequest, campaign: Campaign) -> list[UUID]:
    """Return a few members to preview as; nobody for operators who may not read profiles."""
    if campaign.segment_id is None or not may(request, "profiles:read"):
        return []
    found = people.people(
        actor=request.actor, segment=campaign.segment_id, after=None, limit=MEMBERS_OFFERED
    )
    return [line.subject for line in found]


@require_POST
@needs("campaigns:read")
def count_reach(request: ConsoleRequest, campaign_id: UUID) -> HttpResponse:
    """Have a worker count whom the campaign could reach now, under its own purpose."""
    campaign = _found(campaign_id)
    run = reaching.ask_for_reach(campaign.id, actor=request.actor)
    return _reach(request, campaign.id, run)


@require_GET
@needs("campaigns:read")
def show_reach(request: ConsoleRequest, campaign_id: UUID, run_id: UUID) -> HttpResponse:
    """Show the count when it is there, its progress until then."""
    return _reach(request, campaign_id, jobs.find_or_404(run_id, kind=REACH))


def _reach(request: ConsoleRequest, campaign_id: UUID, run: JobRun) -> HttpResponse:
    again = reverse("console:campaign_reach_result", args=[campaign_id, run.id])
    campaign = _found(campaign_id)
    facts = {"campaign": campaign, "segment": campaign.segment_id, **_approval(request, campaign)}
    return jobs.waiting(request, run, again=again, done="console/campaign.html#reach", facts=facts)


@require_POST
@needs("campaigns:write")
def preview_campaign(request: ConsoleRequest, campaign_id: UUID) -> HttpResponse:
    """Have a worker write the message as one person would get it, with their values hidden."""
    campaign = _found(campaign_id)
    try:
        subject = UUID(request.POST.get("subject", ""))
    except ValueError:
        raise Http404 from None
    if campaign.template_id is None:
        raise Http404
    run = previews.ask_for_preview(
        campaign.template_id,
        subject=subject,
        purpose_key=campaign.purpose_key,
        actor=request.actor,
    )
    return _preview(request, campaign.id, run)


@require_GET
@needs("campaigns:write")
def show_preview(request: ConsoleRequest, campaign_id: UUID, run_id: UUID) -> HttpResponse:
    """Show the preview when it is there, its progress until then."""
    campaign = _found(campaign_id)
    return _preview(request, campaign.id, jobs.find_or_404(run_id, kind=PREVIEW))


def _preview(request: ConsoleRequest, campaign_id: UUID, run: JobRun) -> HttpResponse:
    again = reverse("console:campaign_preview_result", args=[campaign_id, run.id])
    return jobs.waiting(request, run, again=again, done="console/campaign.html#preview", facts={})


ACTS: Mapping[str, Callable[..., object]] = {
    "pause": broadcasts.pause,
    "resume": broadcasts.resume,
    "stop": broadcasts.stop,
}


@require_POST
@needs("campaigns:send")
def launch_campaign(request: ConsoleRequest, campaign_id: UUID) -> HttpResponse:
    """Launch a campaign; pressed twice, it is launched once."""
    campaign = _found(campaign_id)
    return _do(request, campaign, broadcasts.launch)


@require_POST
@needs("campaigns:send")
def ask_to_launch(request: ConsoleRequest, campaign_id: UUID) -> HttpResponse:
    """Ask another operator to approve a large send, exactly as it is now."""
    campaign = _found(campaign_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        for error in form.errors.get("reason", []):
            messages.error(request, str(error))
        return redirect("console:campaign", campaign.id)
    try:
        launching.ask_to_launch(campaign, reason=form.cleaned_data["reason"], actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:campaign", campaign.id)


@require_POST
@needs("campaigns:send")
def steer_campaign(request: ConsoleRequest, campaign_id: UUID, act: str) -> HttpResponse:
    """Pause, resume or stop a campaign."""
    if act not in ACTS:
        raise Http404
    return _do(request, _found(campaign_id), ACTS[act])


def _do(request: ConsoleRequest, campaign: Campaign, verb: Callable[..., object]) -> HttpResponse:
    try:
        verb(campaign.id, actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:campaign", campaign.id)
