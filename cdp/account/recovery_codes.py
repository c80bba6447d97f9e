"""Recovery codes: shown once, each good for one sign-in."""

import base64
from typing import Any, cast

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from django.http import HttpResponse
from django.urls import reverse_lazy

from cdp.account import notes
from cdp.accounts.models import Operator
from cdp.kernel import database


class Show(ViewRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """Show the codes the first time that they are asked for, never again."""

    template_name = "account/codes.html"

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Offer the codes as a file that the page itself holds."""
        shown: dict[str, Any] = super().get_context_data(**given)
        text = "\n".join(shown["unused_codes"]) + "\n"
        file = base64.b64encode(text.encode()).decode() if shown["can_view_codes"] else ""
        return {**shown, "file": f"data:text/plain;base64,{file}"}


class Renew(GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth has no types
    """Make new codes; the former ones open nothing any more."""

    template_name = "account/codes_new.html"
    success_url = reverse_lazy("account:codes")

    def form_valid(self, form: Any) -> HttpResponse:
        """Make them, on the record."""
        with database.atomic():
            answer = super().form_valid(form)
            notes.keep(cast(Operator, self.request.user), "operator.recovery_codes_made")
        return cast(HttpResponse, answer)
