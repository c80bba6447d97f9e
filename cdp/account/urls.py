"""The addresses at the operators' door."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache

from cdp.account import (
    authenticator_app,
    confirm,
    join,
    page,
    passkeys,
    recovery_codes,
    second_step,
    set_up,
    signin,
)
from cdp.console.step_up import confirmed


def own(view: Any) -> Callable[..., HttpResponse]:
    """Open a page about second steps to a signed-in operator with a fresh proof."""
    guarded: Callable[..., HttpResponse] = never_cache(login_required(confirmed(view)))
    return guarded


app_name = "account"
urlpatterns = [
    path("", page.show, name="page"),
    path("name/", page.rename, name="rename"),
    path("password/", page.change_password, name="password"),
    path("stay/", page.stay, name="stay"),
    path("devices/end/", page.end_others, name="end_others"),
    path("devices/<uuid:session>/end/", page.end_session, name="end_session"),
    path("join/", join.join, name="join"),
    path("signin/", signin.sign_in, name="signin"),
    path("signin/passkey/", passkeys.SignIn.as_view(), name="signin_passkey"),
    path("signin/cancel/", second_step.cancel, name="signin_cancel"),
    path("signout/", signin.sign_out, name="signout"),
    path("confirm/", confirm.confirm, name="confirm"),
    path("confirm/onward/", confirm.go_on, name="go_on"),
    path("two-step/", set_up.set_up, name="set_up"),
    path("two-step/passkeys/add/", own(passkeys.Add.as_view()), name="passkey_add"),
    path("two-step/passkeys/<int:pk>/remove/", own(passkeys.Remove.as_view()),
         name="passkey_remove"),
    path("two-step/codes/", own(recovery_codes.Show.as_view()), name="codes"),
    path("two-step/codes/new/", own(recovery_codes.Renew.as_view()), name="codes_new"),
]  # fmt: skip

# Pages that allauth leads to by names of its own.
named_by_allauth = [
    path("signin/", signin.sign_in, name="account_login"),
    path("signin/second-step/", second_step.SecondStep.as_view(), name="mfa_authenticate"),
    path("two-step/app/add/", own(authenticator_app.Add.as_view()), name="mfa_activate_totp"),
    path("two-step/app/remove/", own(authenticator_app.Remove.as_view()),
         name="mfa_deactivate_totp"),
]  # fmt: skip
