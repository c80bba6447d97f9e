"""
Passkeys: sign in with one alone, add one, name it, remove it.

Browsers tie a passkey to a host name, so on a bare IP address there are none.
"""

from ipaddress import ip_address
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _

from cdp.account import notes, tries
from cdp.account.forms import PasskeyForm
from cdp.accounts import clients, limits, two_step
from cdp.accounts.models import Operator
from cdp.kernel import database


def possible(request: HttpRequest) -> bool:
    """Return whether a passkey can belong to the host that was asked."""
    host, _port = split_domain_port(request.get_host())
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


class SignIn(LoginWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """GET gives the browser a challenge, POST checks the answer; both steps in one."""

    def post(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        """Count the try, then check the passkey."""
        client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
        try:
            limits.spend(limits.OPERATOR_PER_CLIENT, client)
        except (limits.TooManyTries, limits.TriesUncounted) as limit:
            messages.error(request, tries.refused(limit).text)
            return redirect("account:signin")
        return cast(HttpResponse, super().post(request, *arguments, **options))

    def form_invalid(self, form: Any) -> HttpResponse:
        """Refuse without saying why."""
        notes.keep(None, "operator.sign_in_refused", step="passkey")
        messages.error(self.request, _("This sign-in opens nothing here."))
        return redirect("account:signin")


class Add(AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Add a passkey."""

    template_name = "account/passkey_add.html"
    form_class = PasskeyForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the passkey, and make recovery codes with the first step."""
        with database.atomic():
            answer = super().form_valid(form)
            notes.keep(cast(Operator, self.request.user), "operator.two_step_added", kind="passkey")
        messages.success(self.request, _("The passkey is added."))
        return cast(HttpResponse, answer)

    def get_success_url(self) -> str:
        """Show the recovery codes once, else the account."""
        return reverse("account:codes" if self.did_generate_recovery_codes else "account:page")


class Remove(RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Remove a passkey, after a page that asks."""

    template_name = "account/passkey_remove.html"
    success_url = reverse_lazy("account:page")

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, unless it is the last step where everybody needs one."""
        passkey: Authenticator = self.get_object()
        operator = cast(Operator, self.request.user)
        if not two_step.may_go(passkey, required=settings.REQUIRE_TWO_STEP):
            messages.error(self.request, _("Add another second step first: everybody needs one."))
            return redirect("account:page")
        with database.atomic():
            super().form_valid(form)
            notes.keep(operator, "operator.two_step_removed", kind="passkey")
        messages.success(self.request, _("The passkey is removed."))
        return redirect("account:page")
