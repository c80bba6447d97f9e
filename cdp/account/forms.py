"""The forms of the second step; wrong codes are counted on our own ground."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from cdp.account import tries
from cdp.accounts import sealing
from cdp.kernel.logging import logger

UNPROCESSABLE = 422


class Counted(forms.Form):
    """A form with a code that may be tried five times in five minutes."""

    status = UNPROCESSABLE  # of the answer where the form is refused
    user: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        code = self.fields["code"]
        code.label = _("One-time code")
        code.widget.attrs = {
            "autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True,
            "maxlength": 16, "spellcheck": "false",
        }  # fmt: skip

    def clean_code(self) -> str:
        """Return the code if it is right; counted before it is looked at."""
        try:
            tries.spend(self.user)
        except tries.Refused as refused:
            self.status = refused.status
            raise forms.ValidationError(refused.text) from None
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # allauth's form is next in line
        except sealing.SealBroken:  # somebody wrote into the row: no code opens it
            logger().error("operator.seal_broken")
            raise forms.ValidationError(_("Incorrect code.")) from None
        tries.forgive(self.user)
        return code


class CodeForm(Counted, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code of an authenticator app, or a recovery code, at the sign-in."""


class ProofForm(Counted, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The same as a fresh proof."""


class AppForm(Counted, ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """The first code of a new authenticator app."""


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new passkey: its name, and whether it signs in alone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.label, name.max_length = _("Name of the passkey"), 40
        name.widget.attrs = {"maxlength": 40, "autocomplete": "off"}
        alone.label, alone.initial = _("Sign in with this passkey alone"), True
        alone.help_text = _("It then asks for your fingerprint, face or PIN instead of a password.")
