"""The second step of a sign-in: the code of an app, a passkey, or a recovery code."""

from typing import Any, cast

from allauth.account.internal.stagekit import clear_login
from allauth.mfa.base.views import AuthenticateView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from cdp.account import passkeys, tries
from cdp.account.forms import UNPROCESSABLE, CodeForm
from cdp.accounts import two_step


class SecondStep(AuthenticateView):  # type: ignore[misc]  # allauth has no types
    """Ask who gave the right password for their second step; only then they are in."""

    template_name = "account/second_step.html"
    form_class = CodeForm

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say that it was wrong, and put it on the record."""
        status = getattr(form, "status", UNPROCESSABLE)
        if status == UNPROCESSABLE:
            tries.note_wrong(self.stage.login.user, step="second")
        answer = cast(HttpResponse, super().form_invalid(form))
        answer.status_code = status
        return answer

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Say which steps the operator has."""
        has = two_step.of(self.stage.login.user.pk)
        return {
            **super().get_context_data(**given),
            "has": has,
            "passkeys": bool(has.passkeys) and passkeys.possible(self.request),
        }


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Give up a sign-in that waits for its second step."""
    clear_login(request)
    return redirect("account:signin")
