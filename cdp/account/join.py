"""The page that an invitation's link opens: choose a password, then sign in with it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.accounts import invitations
from cdp.accounts.invitations import InvitationOver
from cdp.accounts.operators import WeakPassword
from cdp.kernel import database


class JoinForm(forms.Form):
    """The token, from the link's fragment or typed, and a password, twice."""

    token = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=200,
        help_text=gettext_lazy("What stands after the “#” of your link."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=256,
        strip=False,
        help_text=gettext_lazy("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("The same once more"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Refuse two different passwords."""
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("The two passwords differ."))
        return again


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST use the invitation up and lead to the sign-in page."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _accept(form.cleaned_data["token"].strip(), password=form.cleaned_data["password"])
        except InvitationOver:
            form.add_error("token", _("This link was used or is over. Ask an owner for a new one."))
        except WeakPassword:
            form.add_error(
                "password", _("Choose at least 12 characters that are not a known password.")
            )
        else:
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("account:signin")
    return render(request, "account/join.html", {"form": form}, status=422 if form.errors else 200)


def _accept(token: str, *, password: str) -> None:
    """
    Give the invited operator their password, on the record of the workspace that invited them.

    :raises InvitationOver: the link was used, replaced, or is older than a day
    :raises WeakPassword: shorter than 12 characters, or well known
    """
    found = invitations.find(token)
    if found is None:
        raise InvitationOver("This link was used or is over. Ask an owner for a new one.")
    actor = Actor.operator(found.operator_id)
    with database.in_workspace(found.workspace_id), acting(actor):
        invitations.accept(token, password=password)
        record(actor, "operator.joined", obj=f"operator:{found.operator_id}")
