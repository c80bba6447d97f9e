"""The page that asks an operator to prove it again, and the way on to the act that waited."""

from typing import cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cdp.account import tries
from cdp.accounts.models import Operator
from cdp.console import step_up


class PasswordForm(forms.Form):
    """The password, once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for a proof; on POST check it and go on with what waits."""
    operator = cast(Operator, request.user)
    form = PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                proven = tries.counted(
                    operator, lambda: operator.check_password(form.cleaned_data["password"])
                )
            except tries.Refused as refused:
                form.add_error(None, refused.text)
                status = refused.status
            else:
                if proven:
                    request.session.cycle_key()
                    step_up.note_proof(request)
                    return redirect("account:go_on")
                form.add_error("password", _("That is not your password."))
    act = step_up.waiting(request)
    shown = {"form": form, "back": act.back if act else "/console/"}
    return render(request, "account/confirm.html", shown, status=status)


@never_cache
@login_required
@require_GET
def go_on(request: HttpRequest) -> HttpResponse:
    """Go on with what waits: a page is opened; a form is sent again by the page, or a button."""
    act = step_up.waiting(request)
    step_up.forget_waiting(request)
    if act is None:
        return redirect("console:overview")
    if act.method != "POST":
        return redirect(act.path)
    return render(request, "account/go_on.html", {"act": act})
