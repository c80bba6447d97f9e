"""Settings, team: who works here in which roles; inviting, granting, ending access."""

from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django import forms
from django.conf import settings as deployment
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.acting import acting
from audit.inbox import Detail, record
from cdp.accounts import invitations, permissions, team, two_step
from cdp.accounts.permissions import ROLES, WORDS, Role
from cdp.accounts.team import Member, NotInTeam
from cdp.approvals import role_grant
from cdp.console import refusals, settings
from cdp.console.access import ConsoleRequest, needs
from cdp.console.step_up import confirmed_to_act
from cdp.kernel.errors import CdpError


class InviteForm(forms.Form):
    """Who is let in."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("They sign in with it. Nothing is sent there."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class ReasonForm(forms.Form):
    """Why somebody should get a role; another owner reads it."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class Here(TypedDict):
    """Where and by whom something about a team is done."""

    workspace: UUID
    by: UUID


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role as the page of a member shows it."""

    role: Role
    name: permissions.Text
    what: permissions.Text
    words: list[permissions.Text]
    is_held: bool
    weighs: bool
    may_grant: bool
    waits: bool  # for another owner's decision
    form: ReasonForm | None  # to ask for it


@require_GET
@needs("team:manage")
def show_team(request: ConsoleRequest) -> HttpResponse:
    """List the operators of this workspace with their roles."""
    members = team.members(request.workspace.pk)
    enrolled = two_step.enrolled([each.operator.pk for each in members])
    lines = [
        {
            "member": each,
            "roles": [ROLES[role][0] for role in each.roles],
            "two_step": each.operator.pk in enrolled,
        }
        for each in members
    ]
    return render(request, "console/team.html", {"lines": lines, "tabs": settings.tabs(request)})


@require_http_methods(["GET", "POST"])
@needs("team:manage")
@confirmed_to_act
def invite(request: ConsoleRequest) -> HttpResponse:
    """Show the form; on POST let somebody in and show their link, this once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(request.actor, request=request.request_id):
                invited = invitations.invite(workspace=request.workspace.pk, **form.cleaned_data)
                _note(request, "operator.invited", invited.operator.pk)
        except CdpError as refused:
            form.add_error("email", refusals.said(refused))
        else:
            return _page(request, invited.operator.pk, token=invited.token)
    status = 422 if form.errors else 200
    return render(request, "console/team_invite.html", {"form": form}, status=status)


@require_GET
@needs("team:manage")
def show_member(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Show one operator: roles with what each allows, and the way out."""
    return _page(request, operator)


@require_POST
@needs("team:manage")
@confirmed_to_act
def change_role(request: ConsoleRequest, operator: UUID, role: str) -> HttpResponse:
    """Grant a role to an operator or take it from them."""
    changed = _role(role)
    here: Here = {"workspace": request.workspace.pk, "by": request.operator.pk}
    try:
        if request.POST.get("act") == "take":
            with acting(request.actor, request=request.request_id):
                if team.take(operator, role=changed, **here):
                    _note(request, "operator.role_taken", operator, {"role": changed})
        else:
            role_grant.grant(operator, role=changed, **here)
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:member", operator)


@require_POST
@needs("team:manage")
@confirmed_to_act
def ask_for_role(request: ConsoleRequest, operator: UUID, role: str) -> HttpResponse:
    """Ask the other owners to agree that an operator gets a role."""
    asked = _role(role)
    reason = ReasonForm(request.POST)
    if not reason.is_valid():
        return _page(request, operator, reason=reason, about=asked)
    try:
        role_grant.ask(
            operator,
            role=asked,
            workspace=request.workspace.pk,
            by=request.operator.pk,
            reason=reason.cleaned_data["reason"],
        )
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:member", operator)


@require_POST
@needs("team:manage")
@confirmed_to_act
def renew_link(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Make a fresh link for an operator and show it, this once."""
    here: Here = {"workspace": request.workspace.pk, "by": request.operator.pk}
    try:
        with acting(request.actor, request=request.request_id):
            token = team.renew_link(operator, **here)
            _note(request, "operator.link_renewed", operator)
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return _page(request, operator, token=token)


@require_POST
@needs("team:manage")
@confirmed_to_act
def take_second_step_off(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Take the second step off an operator who lost theirs."""
    here: Here = {"workspace": request.workspace.pk, "by": request.operator.pk}
    try:
        with acting(request.actor, request=request.request_id):
            steps = team.take_second_step_off(operator, **here)
            _note(request, "operator.two_step_taken_off", operator, {"steps": steps})
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:member", operator)


@require_POST
@needs("team:manage")
@confirmed_to_act
def end_access(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Put an operator out of the team; their next click finds the door closed."""
    try:
        with acting(request.actor, request=request.request_id):
            team.end_access(operator, workspace=request.workspace.pk, by=request.operator.pk)
            _note(request, "operator.access_ended", operator)
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:team")


def _note(request: ConsoleRequest, act: str, operator: UUID, detail: Detail | None = None) -> None:
    record(request.actor, act, obj=f"operator:{operator}", detail=detail)


def _role(role: str) -> Role:
    if role not in list(Role):
        raise Http404
    return Role(role)


def _member(request: ConsoleRequest, operator: UUID) -> Member:
    try:
        return team.member(operator, workspace=request.workspace.pk)
    except NotInTeam:
        raise Http404 from None


def _page(
    request: ConsoleRequest,
    operator: UUID,
    *,
    token: str | None = None,
    refused: CdpError | None = None,
    reason: ReasonForm | None = None,
    about: Role | None = None,
) -> HttpResponse:
    member = _member(request, operator)
    link = f"{deployment.PUBLIC_URL}{reverse('account:join')}#{token}" if token else ""
    shown: dict[str, Any] = {
        "member": member,
        "roles": [_role_line(request, role, member, reason if role == about else None)
                  for role in Role],
        "is_own": operator == request.operator.pk,
        "two_step": two_step.has(operator),
        "link": link,
        "refused": refusals.said(refused) if refused else "",
    }  # fmt: skip
    status = 409 if refused else 422 if reason else 200
    return render(request, "console/team_member.html", shown, status=status)


def _role_line(
    request: ConsoleRequest, role: Role, member: Member, reason: ReasonForm | None
) -> RoleLine:
    name, what = ROLES[role]
    held = permissions.PERMISSIONS[role]
    is_held = role in member.roles
    takes_two = not is_held and role_grant.takes_two(
        role, workspace=request.workspace.pk, by=request.operator.pk
    )
    waiting = role_grant.open_one(member.operator.pk, role) if takes_two else None
    mine = waiting is not None and waiting.asked_by == str(request.actor)
    return RoleLine(
        role=role,
        name=name,
        what=what,
        words=[text for permission, text in WORDS.items() if permission in held],
        is_held=is_held,
        weighs=permissions.needs_second_owner(role),
        may_grant=not takes_two or (mine and waiting is not None and waiting.state == "approved"),
        waits=waiting is not None and waiting.state == "asked",
        form=None if waiting else reason or ReasonForm(auto_id=f"{role}_%s"),
    )
