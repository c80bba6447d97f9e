"""An operator's own page: name, password, second steps, and where they are signed in."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cdp.account import begin, notes, passkeys
from cdp.accounts import operator_sessions, operators, two_step
from cdp.accounts.models import Operator
from cdp.console.step_up import confirmed
from cdp.kernel import database


class NameForm(forms.Form):
    """What colleagues read beside an operator's acts."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class NewPasswordForm(forms.Form):
    """A new password; the fresh proof before it stands for the old one."""

    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=256,
        strip=False,
        help_text=gettext_lazy("At least 12 characters; a sentence is easy to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@never_cache
@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show the operator's own page."""
    return _page(request)


@login_required
@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    """Change the operator's name."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, name_form=form, status=422)
    Operator.objects.filter(pk=request.user.pk).update(name=form.cleaned_data["name"])
    messages.success(request, _("Your name is changed."))
    return redirect("account:page")


@never_cache
@login_required
@confirmed
def change_password(request: HttpRequest) -> HttpResponse:
    """Show the form for a new password; on POST take it and end every other session."""
    operator = cast(Operator, request.user)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operators.set_password(operator, form.cleaned_data["password"])
        except operators.WeakPassword:
            form.add_error(
                "password", _("Choose at least 12 characters that are not a known password.")
            )
        else:
            with database.atomic():
                operator.save(update_fields=["password"])
                ended = operator_sessions.end_all(operator.pk, but=_here(request))
                notes.keep(operator, "operator.password_changed", ended=ended)
            update_session_auth_hash(request, operator)
            messages.success(request, _("Your password is changed, and other devices signed out."))
            return redirect("account:page")
    status = 422 if request.method == "POST" else 200
    return render(request, "account/password.html", {"form": form}, status=status)


@login_required
@require_POST
def end_session(request: HttpRequest, session: UUID) -> HttpResponse:
    """End one session of the operator; their own one is signing out."""
    operator = cast(Operator, request.user)
    if session in _here(request):
        begin.end(request, operator, act="operator.sign_out")
        return redirect(settings.LOGOUT_REDIRECT_URL)
    with database.atomic():
        if operator_sessions.end(session, operator=operator.pk):
            notes.keep(operator, "operator.session_ended", ended=1)
    messages.success(request, _("That device is signed out."))
    return redirect("account:page")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session of the operator but this one."""
    operator = cast(Operator, request.user)
    with database.atomic():
        if ended := operator_sessions.end_all(operator.pk, but=_here(request)):
            notes.keep(operator, "operator.session_ended", ended=ended)
    messages.success(request, _("All other devices are signed out."))
    return redirect("account:page")


@login_required
@require_GET
def stay(request: HttpRequest) -> HttpResponse:
    """Answer somebody who stays: being asked is being here."""
    return HttpResponse(status=204)


def _here(request: HttpRequest) -> list[UUID]:
    """Return this browser's session."""
    session = begin.session_id(request)
    return [session] if session else []


def _page(
    request: HttpRequest, *, name_form: NameForm | None = None, status: int = 200
) -> HttpResponse:
    operator = cast(Operator, request.user)
    has = two_step.of(operator.pk)
    shown: dict[str, Any] = {
        "name_form": name_form or NameForm(initial={"name": operator.name}),
        "has": has,
        "required": settings.REQUIRE_TWO_STEP,
        "can_add_passkeys": passkeys.possible(request),
        "devices": operator_sessions.open_of(operator.pk),
        "here": begin.session_id(request),
    }
    return render(request, "account/page.html", shown, status=status)
