"""
Operators at the door: sign in, sign out.

A refusal has one text for every reason, and failures are counted per address and client.
"""

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actors import Actor
from audit.inbox import record
from cdp.account.onward import safe
from cdp.account.preferences import bring_along
from cdp.accounts import clients, limits
from cdp.accounts.models import Operator
from cdp.accounts.operators import workspaces_of
from cdp.console import step_up
from cdp.kernel import database
from cdp.kernel.logging import logger


class SignInForm(forms.Form):
    """An operator's address and password."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page; on POST check the password and begin a session."""
    onward = safe(request, request.POST.get("next") or request.GET.get("next"))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operator = _check(request, **form.cleaned_data)
            except limits.TooManyTries as limit:
                minutes = -(-limit.seconds // 60)
                form.add_error(
                    None,
                    _("Too many tries. Again in %(minutes)s min, or ask an administrator.")
                    % {"minutes": minutes},
                )
                status = 429
            except limits.TriesUncounted:
                form.add_error(None, _("Signing in is paused. Try again in a minute."))
                status = 503
            else:
                if operator is not None:
                    _begin(request, operator)
                    entered = redirect(onward or settings.LOGIN_REDIRECT_URL)
                    bring_along(entered, operator)
                    return entered
                form.add_error(None, _("This e-mail and password do not fit together."))
    answer = render(
        request, "account/signin.html", {"form": form, "next": onward or ""}, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _check(request: HttpRequest, *, email: str, password: str) -> Operator | None:
    """
    Return the operator whose address and password these are, None for any mistake.

    :raises TooManyTries: five failures within 15 minutes, or 30 tries within one
    :raises TriesUncounted: Valkey does not answer
    """
    client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
    whom = (email.strip().lower(), client)
    limits.spend(limits.OPERATOR_PER_CLIENT, client)
    limits.refuse_if_spent(limits.OPERATOR_FAILURES, *whom)
    operator = authenticate(request, username=email.strip(), password=password)
    if operator is None:
        limits.count(limits.OPERATOR_FAILURES, *whom)
        logger().warning("operator.sign_in_refused")
        return None
    limits.forgive(limits.OPERATOR_FAILURES, *whom)
    return operator


def _begin(request: HttpRequest, operator: Operator) -> None:
    """Begin the session and put it on the record of the operator's first workspace."""
    login(request, operator)
    step_up.note_proof(request)
    workspaces = workspaces_of(operator)
    if workspaces:
        with database.in_workspace(workspaces[0]):
            record(Actor.operator(operator.pk), "operator.sign_in")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the operator's session."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)
