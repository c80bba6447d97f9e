"""Settings, team: who works here in which roles; inviting, granting, ending access."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings as deployment
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.acting import acting
from audit.inbox import record
from cdp.accounts import invitations, permissions, team
from cdp.accounts.permissions import ROLES, WORDS, Role
from cdp.accounts.team import Member, NotInTeam
from cdp.console import refusals, settings
from cdp.console.access import ConsoleRequest, needs
from cdp.console.step_up import confirmed, confirmed_to_act
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


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role as the page of a member shows it."""

    role: Role
    name: permissions.Text
    what: permissions.Text
    words: list[permissions.Text]
    is_held: bool
    takes_two: bool


@require_GET
@needs("team:manage")
def show_team(request: ConsoleRequest) -> HttpResponse:
    """List the operators of this workspace with their roles."""
    lines = [
        {"member": each, "roles": [ROLES[role][0] for role in each.roles]}
        for each in team.members(request.workspace.pk)
    ]
    return render(request, "console/team.html", {"lines": lines, "tabs": settings.tabs(request)})


@require_http_methods(["GET", "POST"])
@needs("team:manage")
@confirmed
def invite(request: ConsoleRequest) -> HttpResponse:
    """Show the form; on POST let somebody in and show their link, this once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(request.actor, request=request.request_id):
                invited = invitations.invite(workspace=request.workspace.pk, **form.cleaned_data)
                record(request.actor, "operator.invited", obj=f"operator:{invited.operator.pk}")
        except CdpError as refused:
            form.add_error("email", refusals.said(refused))
        else:
            return _page(request, invited.operator.pk, token=invited.token)
    shown = {"form": form, "tabs": settings.tabs(request)}
    return render(request, "console/team_invite.html", shown, status=422 if form.errors else 200)


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
    if role not in list(Role):
        raise Http404
    change, act = (
        (team.take, "operator.role_taken")
        if request.POST.get("act") == "take"
        else (team.grant, "operator.role_granted")
    )
    try:
        with acting(request.actor, request=request.request_id):
            changed = change(
                operator,
                role=Role(role),
                workspace=request.workspace.pk,
                by=request.operator.pk,
            )
            if changed:
                record(request.actor, act, obj=f"operator:{operator}", detail={"role": role})
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:member", operator)


@require_POST
@needs("team:manage")
@confirmed_to_act
def renew_link(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Make a fresh link for an operator and show it, this once."""
    try:
        with acting(request.actor, request=request.request_id):
            found = _member(request, operator).operator
            team.refuse_own(operator, request.operator.pk)
            token = invitations.renew(found, workspace=request.workspace.pk)
            record(request.actor, "operator.link_renewed", obj=f"operator:{operator}")
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return _page(request, operator, token=token)


@require_POST
@needs("team:manage")
@confirmed_to_act
def end_access(request: ConsoleRequest, operator: UUID) -> HttpResponse:
    """Put an operator out of the team; their next click finds the door closed."""
    try:
        with acting(request.actor, request=request.request_id):
            team.end_access(operator, workspace=request.workspace.pk, by=request.operator.pk)
            record(request.actor, "operator.access_ended", obj=f"operator:{operator}")
    except CdpError as refused:
        return _page(request, operator, refused=refused)
    return redirect("console:team")


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
) -> HttpResponse:
    member = _member(request, operator)
    link = f"{deployment.PUBLIC_URL}{reverse('account:join')}#{token}" if token else ""
    shown: dict[str, Any] = {
        "member": member,
        "roles": [_role_line(role, member) for role in Role],
        "is_own": operator == request.operator.pk,
        "link": link,
        "refused": refusals.said(refused) if refused else "",
    }
    return render(request, "console/team_member.html", shown, status=409 if refused else 200)


def _role_line(role: Role, member: Member) -> RoleLine:
    name, what = ROLES[role]
    held = permissions.PERMISSIONS[role]
    return RoleLine(
        role=role,
        name=name,
        what=what,
        words=[text for permission, text in WORDS.items() if permission in held],
        is_held=role in member.roles,
        takes_two=permissions.needs_second_owner(role),
    )
