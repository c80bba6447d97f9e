"""
Signing in without a password: ask for a link, open it or type its code, leave again.

GET shows and POST acts, because mail scanners follow links. The token travels in the fragment,
which reaches no server, log or referrer; so the pages keep the referrer policy "same-origin", for
under "no-referrer" browsers send the origin "null" with a form, and Django refuses that. Known and
unknown addresses get one and the same answer.
"""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actors import Actor
from audit.inbox import record
from campaigns.waking import wake_for_all
from cdp.accounts import limits, links, sessions, signin
from cdp.kernel import database
from cdp.portal import browser, pages
from cdp.portal.access import keep_out_of_caches
from cdp.portal.brand import branded
from cdp.portal.tasks import send_sign_in_links
from profiles.vault import index, normalize

_REFUSALS = {
    "sign_in_unknown": _("There is no open link for this browser. Ask for a new one."),
    "sign_in_used": _("This link has been used, or a newer one replaced it. Ask for a new one."),
    "sign_in_expired": _("This link is older than ten minutes. Ask for a new one."),
    "sign_in_other_browser": _(
        "Open the link in the browser in which you asked for it, or type the code there."
    ),
    "sign_in_code_wrong": _("That is not the code in the message. Look again."),
    "sign_in_code_locked": _("Too many wrong codes. Ask for a new link."),
}

_SLOWER = _("Too many tries from here. Wait five minutes and try again.")
_PAUSED = _("Signing in is paused for a moment. Try again in a minute.")


class AddressForm(forms.Form):
    """Where the link should go."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "inputmode": "email", "enterkeyhint": "send"}
        ),
    )

    def clean_email(self) -> str:
        """Refuse what no blind index can be made of; a known address passes like an unknown."""
        email: str = self.cleaned_data["email"]
        try:
            normalize.email(email)
        except normalize.UnreadableEmail:
            raise forms.ValidationError(
                _("Write the whole address, such as name@example.com.")
            ) from None
        return email


class CodeForm(forms.Form):
    """The code from the message, for browsers without JavaScript."""

    code = forms.CharField(
        label=_("Code from the message"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "enterkeyhint": "go",
            }
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@branded
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page; on POST ask for a link to the address given."""
    if request.method != "POST":
        return _page(request, "signin.html", {"form": AddressForm()})
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, "signin.html", {"form": form}, status=422)
    answer = browser.SeeOther(reverse("portal:enter"))
    bound = browser.bind(request, answer)
    try:
        _ask(request, form.cleaned_data["email"], bound)
    except limits.TriesUncounted:
        return _page(request, "signin.html", {"form": form, "refusal": _PAUSED}, status=503)
    return keep_out_of_caches(answer)


def _ask(request: HttpRequest, email: str, bound: bytes) -> None:
    """Ask for a link; beyond the limits nothing happens, and nobody can tell."""
    blind = index.blind("email", email)
    within = [
        limits.count(limits.LINK_PER_CLIENT, browser.client(request)),
        limits.count(limits.LINK_PER_ADDRESS, blind),
    ]
    if not all(within):
        return
    with database.atomic():
        signin.ask(blind=blind, browser=bound, language=get_language() or "en")
        wake_for_all(send_sign_in_links)


@require_http_methods(["GET", "HEAD", "POST"])
@branded
def enter(request: HttpRequest) -> HttpResponse:
    """Show what to do with a link or a code; on POST use it up and begin a session."""
    if request.method != "POST":
        return _page(request, "enter.html", {"form": CodeForm()})
    form = CodeForm(request.POST)
    token = request.POST.get("token", "")
    if not form.is_valid() and not token:
        return _page(request, "enter.html", {"form": form}, status=422)
    try:
        limits.spend(limits.CODE_PER_CLIENT, browser.client(request))
        session = _enter(request, token=token, code=form.cleaned_data.get("code", ""))
    except links.SignInRefused as refusal:
        context = {"form": CodeForm(), "refusal": _REFUSALS[refusal.code]}
        return _page(request, "enter.html", context, status=422)
    except limits.TooManyTries:
        return _page(request, "enter.html", {"form": CodeForm(), "refusal": _SLOWER}, status=429)
    except limits.TriesUncounted:
        return _page(request, "enter.html", {"form": form, "refusal": _PAUSED}, status=503)
    answer = browser.SeeOther(reverse("portal:overview"))
    browser.forget(answer, browser.BINDING)
    browser.remember_session(answer, session)
    return keep_out_of_caches(answer)


def _enter(request: HttpRequest, *, token: str, code: str) -> str:
    """
    Use up the link or its code and begin a session, on the record.

    :raises SignInRefused: with the reason
    """
    bound = browser.binding(request)
    if token:
        subject = links.use_token(token, browser=bound)
    else:
        subject = links.use_code(code, browser=bound)
    former = request.COOKIES.get(browser.SESSION)
    with database.atomic():
        if former:
            sessions.end(former)
        record(Actor.customer(subject), "customer.sign_in", subject=subject)
        return sessions.begin(subject)


@require_POST
@branded
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session here and in the database."""
    token = request.COOKIES.get(browser.SESSION)
    if token:
        sessions.end(token)
    answer = browser.SeeOther(reverse("portal:signin"))
    browser.forget(answer, browser.SESSION)
    answer["Clear-Site-Data"] = '"cache"'
    return keep_out_of_caches(answer)


def _page(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return keep_out_of_caches(pages.show(request, template, context, status=status))
