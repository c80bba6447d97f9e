"""
Before every page of an operator: does the session still hold, and is the second step there?

Read on each request, so that a session ended elsewhere, an operator switched off and a role taken
away count from the next click on. Rows that change meanwhile are recorded as changed by them.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from audit.actors import Actor
from cdp.account import begin
from cdp.accounts import operator_sessions, two_step
from cdp.accounts.models import Operator
from cdp.accounts.operator_sessions import Standing
from cdp.kernel import database

DOORS = ("/console/", "/account/")
_ENROLLED = "has_second_step"
WHY = {
    Standing.IDLE: _("You were signed out after 30 minutes without a click."),
    Standing.OLD: _("You were signed out after 12 hours. Sign in again."),
    Standing.ENDED: _("This device was signed out."),
}


class OperatorGate:
    """Lets an operator's request through while their session holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(DOORS) or not request.user.is_authenticated:
            return self.get_response(request)
        operator = request.user
        session = begin.session_id(request)
        holds = (
            operator_sessions.standing(session, operator=operator.pk) if session else Standing.ENDED
        )
        if holds is not Standing.HOLDS:
            begin.end(request, operator, act="operator.session_over")
            messages.info(request, WHY[holds])
            return _to_sign_in(request)
        if request.path.startswith("/console/") and not _has_enough_steps(request, operator):
            return redirect("account:set_up")
        with database.by(Actor.operator(operator.pk)):
            return self.get_response(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse("account:signin"))
    if request.method == "GET" and request.path.startswith("/console/"):
        return redirect_to_login(request.get_full_path())
    return HttpResponseRedirect(reverse("account:signin"))


def _has_enough_steps(request: HttpRequest, operator: Operator) -> bool:
    """Return whether the operator has the second step that this deployment asks for."""
    if not settings.REQUIRE_TWO_STEP or request.session.get(_ENROLLED):
        return True
    if two_step.has(operator.pk):
        request.session[_ENROLLED] = True
        return True
    return False
