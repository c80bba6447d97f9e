"""
The page that asks an operator to prove it again, and the way on to the act that waited.

Whoever has a second step proves it with that; the password alone is for those who have none.
"""

from typing import Any, cast

from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cdp.account import notes, passkeys, tries
from cdp.account.forms import UNPROCESSABLE, ProofForm
from cdp.accounts import two_step
from cdp.accounts.models import Operator
from cdp.console import step_up
from cdp.kernel import database


class PasswordForm(forms.Form):
    """The password, once more."""

    status = UNPROCESSABLE
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *arguments: Any, user: Operator, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user = user

    def clean_password(self) -> str:
        """Return the password if it is theirs; counted before it is looked at."""
        password: str = self.cleaned_data["password"]
        try:
            tries.spend(self.user)
        except tries.Refused as refused:
            self.status = refused.status
            raise forms.ValidationError(refused.text) from None
        if not self.user.check_password(password):
            raise forms.ValidationError(_("That is not your password."))
        tries.forgive(self.user)
        return password

    def save(self) -> None:
        """Keep nothing of it."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for a proof; on POST check it and go on with what waits."""
    operator = cast(Operator, request.user)
    has = two_step.of(operator.pk)
    by_code = ProofForm if has.app or has.passkeys else PasswordForm
    form: Any = by_code(user=operator)
    status, wrong_passkey = 200, False
    if request.method == "POST":
        by_passkey = "credential" in request.POST and bool(has.passkeys)
        given: Any = (ReauthenticateWebAuthnForm if by_passkey else by_code)(
            request.POST, user=operator
        )
        if given.is_valid():
            given.save()
            return _proven(request, operator)
        status = getattr(given, "status", UNPROCESSABLE)
        if status == UNPROCESSABLE:
            tries.note_wrong(operator, step="proof")
        form, wrong_passkey = (form, True) if by_passkey else (given, False)
    act = step_up.waiting(request)
    shown: dict[str, Any] = {
        "form": form,
        "has": has,
        "wrong_passkey": wrong_passkey,
        "back": act.back if act else "/console/",
    }
    if has.passkeys and passkeys.possible(request):
        shown["challenge"] = begin_authentication(operator)
    return render(request, "account/confirm.html", shown, status=status)


def _proven(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Note the proof under a new session key, and go on."""
    with database.atomic():
        notes.keep(operator, "operator.confirmed")
    request.session.cycle_key()
    step_up.note_proof(request)
    return redirect("account:go_on")


@never_cache
@login_required
@require_GET
def go_on(request: HttpRequest) -> HttpResponse:
    """Go on with what waits: a page is opened; a form is sent again by the page, or a button."""
    if not step_up.is_fresh(request):
        return redirect("account:confirm")
    act = step_up.waiting(request)
    step_up.forget_waiting(request)
    if act is None:
        return redirect("console:overview")
    if act.method != "POST":
        return redirect(act.path)
    return render(request, "account/go_on.html", {"act": act})
