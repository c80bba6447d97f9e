"""An authenticator app as second step: set it up, take it off."""

from typing import Any, cast

from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _

from cdp.account import notes
from cdp.account.forms import UNPROCESSABLE, AppForm
from cdp.accounts.models import Operator
from cdp.kernel import database


class Add(ActivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Show the key for the app once, and take the first code as proof that it works."""

    template_name = "account/app_add.html"
    form_class = AppForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the seed, sealed, and make recovery codes with the first step."""
        with database.atomic():
            answer = super().form_valid(form)
            notes.keep(cast(Operator, self.request.user), "operator.two_step_added", kind="totp")
        messages.success(self.request, _("The authenticator app is set up."))
        return cast(HttpResponse, answer)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the same key again."""
        answer = cast(HttpResponse, super().form_invalid(form))
        answer.status_code = getattr(form, "status", UNPROCESSABLE)
        return answer

    def get_success_url(self) -> str:
        """Show the recovery codes once, else the account."""
        return reverse("account:codes" if self.did_generate_recovery_codes else "account:page")


class Remove(DeactivateTOTPView):  # type: ignore[misc]  # allauth has no types
    """Take the app off, after a page that asks."""

    template_name = "account/app_remove.html"
    success_url = reverse_lazy("account:page")

    def form_valid(self, form: Any) -> HttpResponse:
        """Forget its seed."""
        with database.atomic():
            answer = super().form_valid(form)
            notes.keep(cast(Operator, self.request.user), "operator.two_step_removed", kind="totp")
        messages.success(self.request, _("The authenticator app is taken off."))
        return cast(HttpResponse, answer)
