"""Approvals: what waits for a second operator, what was asked for, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from cdp.approvals import ask, decide, find, kinds
from cdp.approvals.models import Approval
from cdp.console import approval_words, names, refusals
from cdp.console.access import ConsoleRequest, may, needs
from cdp.console.reason_field import ReasonField
from cdp.console.step_up import confirmed
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

State = Approval.State


class CommentForm(forms.Form):
    """A word with a decision."""

    comment = ReasonField(label=_("Comment"), required=False)


class RejectionForm(forms.Form):
    """Why something is rejected."""

    comment = ReasonField(label=_("Reason"), help_text=_("The operator who asked reads it."))


@dataclass(frozen=True, slots=True)
class Line:
    """One approval in a list."""

    id: UUID
    title: str
    kind: str
    people: str
    by: str
    decided_by: str
    reason: str
    state: str
    asked_at: datetime
    expires_at: datetime


@require_GET
@needs("any")
def show_approvals(request: ConsoleRequest) -> HttpResponse:
    """Show what waits for this operator, what they asked for, and what is decided."""
    waiting = [each for each in find.waiting() if find.may_decide(each, actor=request.actor)]
    shown = {
        "waiting": _lines(waiting),
        "asked": _lines(find.asked_by(request.actor)),
        "over": _lines([each for each in find.over() if _may_see(request, each)]),
    }
    return render(request, "console/approvals.html", shown)


@require_GET
@needs("any")
def show_approval(request: ConsoleRequest, approval_id: UUID) -> HttpResponse:
    """Show one approval: the frozen copy in words, what changed, and the decision."""
    approval = _found(request, approval_id)
    return _page(request, approval, comment=_comment_form(), rejection=_rejection_form())


def _page(
    request: ConsoleRequest,
    approval: Approval,
    *,
    comment: CommentForm,
    rejection: RejectionForm,
    status: int = 200,
) -> HttpResponse:
    before = find.approved_before(approval)
    is_open = _state(approval) in (State.ASKED, State.APPROVED)
    is_same = kinds.digest(approval_words.as_it_is_now(approval)) == bytes(approval.digest)
    shown: dict[str, Any] = {
        "approval": approval,
        "line": _lines([approval])[0],
        "facts": approval_words.facts(request, approval, before=before),
        "before": before,
        "there": approval_words.url(request, approval),
        "changed": is_open and not is_same,
        "may_decide": approval.state == State.ASKED
        and is_open
        and is_same
        and find.may_decide(approval, actor=request.actor),
        "may_withdraw": is_open and approval.asked_by == str(request.actor),
        "is_own": approval.asked_by == str(request.actor),
        "comment_form": comment,
        "rejection_form": rejection,
    }
    return render(request, "console/approval.html", shown, status=status)


@require_POST
@needs("any")
@confirmed
def approve(request: ConsoleRequest, approval_id: UUID) -> HttpResponse:
    """Approve what another operator asked for, exactly as it is frozen."""
    approval = _found(request, approval_id)
    form = _comment_form(request.POST)
    if not form.is_valid():
        return _page(request, approval, comment=form, rejection=_rejection_form(), status=422)
    try:
        decide.approve(
            approval.id,
            now_is=approval_words.as_it_is_now(approval),
            actor=request.actor,
            comment=form.cleaned_data["comment"],
        )
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    else:
        messages.success(request, gettext("Approved. The operator who asked may go on."))
    return redirect("console:approval", approval.id)


@require_POST
@needs("any")
@confirmed
def reject(request: ConsoleRequest, approval_id: UUID) -> HttpResponse:
    """Reject what another operator asked for, with a reason."""
    approval = _found(request, approval_id)
    form = _rejection_form(request.POST)
    if not form.is_valid():
        return _page(request, approval, comment=_comment_form(), rejection=form, status=422)
    try:
        decide.reject(approval.id, actor=request.actor, comment=form.cleaned_data["comment"])
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:approval", approval.id)


@require_POST
@needs("any")
def withdraw(request: ConsoleRequest, approval_id: UUID) -> HttpResponse:
    """Take back what one asked for oneself."""
    approval = _found(request, approval_id)
    try:
        ask.withdraw(approval.id, actor=request.actor)
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:approvals")


def _comment_form(given: QueryDict | None = None) -> CommentForm:
    return CommentForm(given, auto_id="approve_%s")


def _rejection_form(given: QueryDict | None = None) -> RejectionForm:
    return RejectionForm(given, auto_id="reject_%s")


def _found(request: ConsoleRequest, approval_id: UUID) -> Approval:
    try:
        approval = find.find(approval_id)
    except find.NoSuchApproval:
        raise Http404 from None
    if not _may_see(request, approval):
        raise Http404
    return approval


def _may_see(request: ConsoleRequest, approval: Approval) -> bool:
    """Say whether an operator had to do with an approval, may decide on its kind, or audits."""
    deciding = kinds.DECIDED_WITH[kinds.Kind(approval.kind)]
    return (
        str(request.actor) in (approval.asked_by, approval.decided_by)
        or all(may(request, permission) for permission in deciding)
        or may(request, "audit:read")
    )


def _lines(approvals: list[Approval]) -> list[Line]:
    named = names.actors({actor for a in approvals for actor in (a.asked_by, a.decided_by)})
    return [
        Line(
            id=each.id,
            title=each.title,
            kind=approval_words.kind(each),
            people=approval_words.people(each),
            by=named.of(each.asked_by),
            decided_by=named.of(each.decided_by) if each.decided_by else "",
            reason=each.reason,
            state=_state(each),
            asked_at=each.created_at,
            expires_at=each.expires_at,
        )
        for each in approvals
    ]


def _state(approval: Approval) -> str:
    """Return an approval's state as it is now: what ran out is expired before a worker says so."""
    if approval.used_at:
        return "used"
    is_open = approval.state in (State.ASKED, State.APPROVED)
    return "expired" if is_open and approval.expires_at <= clock.now() else approval.state
