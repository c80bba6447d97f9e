"""
Where allauth asks us: what beginning a session means, and how its secrets are kept.

Of allauth we use the second step: authenticator apps, passkeys, recovery codes and the order in
which a sign-in passes through them. The first step, limits, sessions and proofs are our own.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cdp.account import begin, notes
from cdp.account.onward import safe
from cdp.account.preferences import bring_along
from cdp.accounts import sealing, two_step
from cdp.accounts.models import Operator

SEALED_FOR = "mfa_authenticator.data"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The end of every sign-in, by whatever steps."""

    def pre_login(self, *_who: Any, **_about: Any) -> None:
        """Refuse nobody yet: whoever was switched off is refused at the end, in `login`."""

    def login(self, request: HttpRequest, user: Operator) -> None:
        """Begin the session under a new key, unless the operator was switched off meanwhile."""
        if not user.is_active:
            clear_login(request)
            notes.keep(user, "operator.sign_in_refused", step="inactive")
            messages.error(request, _("This sign-in opens nothing here."))
            raise ImmediateHttpResponse(redirect("account:signin"))
        super().login(request, user)
        begin.session(request, user)

    def post_login(
        self, request: HttpRequest, user: Operator, *, redirect_url: str | None, **_about: Any
    ) -> HttpResponse:
        """Send the operator where they meant to go, with their language and theme."""
        entered = redirect(safe(request, redirect_url) or settings.LOGIN_REDIRECT_URL)
        bring_along(entered, user)
        return entered

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes themself an operator."""
        return False

    def add_message(self, *_what: Any, **_more: Any) -> None:
        """Say nothing: the pages say themselves what was done."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets of second steps, sealed; and when the last step may go."""

    def encrypt(self, text: str) -> str:
        """Seal the seed of an authenticator app or of recovery codes."""
        return sealing.seal(text, place=SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed; raises SealBroken where the row was altered."""
        return sealing.unseal(encrypted_text, place=SEALED_FOR)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last step where everybody needs one."""
        return two_step.may_go(authenticator, required=settings.REQUIRE_TWO_STEP)

    def generate_authenticator_name(self, user: Operator, type: Authenticator.Type) -> str:
        """Number an operator's passkeys."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}


def display(user: Operator) -> str:
    """Return what a passkey is labeled with on the operator's device."""
    return user.name or user.email
