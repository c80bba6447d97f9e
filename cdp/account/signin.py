"""
Operators at the door: sign in, sign out.

A refusal has one text for every reason, and failures are counted per address and client. Whoever
has a second step is asked for it next (`second_step`); nobody is signed in before.
"""

from typing import cast

from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from cdp.account import begin, notes, passkeys, tries
from cdp.account.onward import safe
from cdp.accounts import clients, limits
from cdp.accounts.models import Operator
from cdp.kernel.logging import logger


class SignInForm(forms.Form):
    """An operator's address and password."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page; on POST check the password and go on to the second step or inside."""
    onward = safe(request, request.POST.get("next") or request.GET.get("next"))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                operator = _check(request, **form.cleaned_data)
            except tries.Refused as refused:
                form.add_error(None, refused.text)
                status = refused.status
            else:
                if operator is not None:
                    return cast(HttpResponse, perform_login(request, operator, redirect_url=onward))
                form.add_error(None, _("This e-mail and password do not fit together."))
    shown = {"form": form, "next": onward or "", "passkeys": passkeys.possible(request)}
    answer = render(request, "account/signin.html", shown, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _check(request: HttpRequest, *, email: str, password: str) -> Operator | None:
    """
    Return the operator whose address and password these are, None for any mistake.

    :raises Refused: five failures within 15 minutes, 30 tries within one, or they are not counted
    """
    client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
    whom = (email.strip().lower(), client)
    try:
        limits.spend(limits.OPERATOR_PER_CLIENT, client)
        limits.spend(limits.OPERATOR_FAILURES, *whom)  # before the check: many at once count too
        operator = authenticate(request, username=email.strip(), password=password)
        if operator is None:
            _note_refusal(email.strip(), locked=limits.spent(limits.OPERATOR_FAILURES, *whom))
            return None
        limits.forgive(limits.OPERATOR_FAILURES, *whom)
    except (limits.TooManyTries, limits.TriesUncounted) as limit:
        raise tries.refused(limit) from None
    return operator


def _note_refusal(email: str, *, locked: bool) -> None:
    """Put a refusal on the record; the same work whether or not anybody has the address."""
    known = Operator.objects.filter(email__iexact=email).first()
    notes.keep(known, "operator.sign_in_refused", step="password")
    logger().warning("operator.sign_in_refused")
    if locked:
        notes.keep(known, "operator.locked", step="password")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the operator's session."""
    if request.user.is_authenticated:
        begin.end(request, request.user, act="operator.sign_out")
    return redirect(settings.LOGOUT_REDIRECT_URL)
