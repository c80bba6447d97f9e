"""
Prove it again: what cannot be taken back wants a proof of the person, at most five minutes old.

The proof is a time stamp in the session, set at the sign-in and at each further proof. Where it is
too old, the act waits in the session while the operator proves it, and then goes on with its form
values. The session's rows are sealed, and no more is kept than a small form.
Source: OWASP ASVS 5.0 7.5.3; hardening reference, part 4.1.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from cdp.console.access import ConsoleRequest, View
from cdp.kernel import clock

FRESH = timedelta(minutes=5)
MOST_CHARACTERS = 8_000  # of a waiting form; a longer one is filled in again
_PROVEN_AT, _WAITING = "proven_at", "waiting_act"


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """A request that waits for a proof; `back` is the page that it came from."""

    method: str
    path: str
    fields: list[tuple[str, str]]
    back: str


def confirmed(view: View) -> View:
    """Let a view run only after a fresh proof; put it under `needs`, which names the operator."""
    return _guarded(view, acts_alone=False)


def confirmed_to_act(view: View) -> View:
    """Let a view be looked at as it is, but answer a POST only after a fresh proof."""
    return _guarded(view, acts_alone=True)


def _guarded(view: View, *, acts_alone: bool) -> View:
    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (acts_alone and request.method != "POST") or is_fresh(request):
            return view(request, *args, **kwargs)
        return ask(request)

    return cast(View, guarded)


def note_proof(request: HttpRequest) -> None:
    """Note that the operator has proven themself now."""
    request.session[_PROVEN_AT] = clock.now().timestamp()


def is_fresh(request: HttpRequest) -> bool:
    """Return whether the operator has proven themself within the last five minutes."""
    stamp = request.session.get(_PROVEN_AT)
    if not isinstance(stamp, int | float):
        return False
    age = clock.now() - datetime.fromtimestamp(stamp, UTC)
    return timedelta(0) <= age < FRESH


def ask(request: HttpRequest) -> HttpResponse:
    """Let the request wait and send the operator to the page that asks for a proof."""
    back = _page_before(request)
    fields = _fields(request)
    if sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        _wait(request, WaitingAct("GET", back, [], back))
    else:
        _wait(request, WaitingAct(str(request.method), request.get_full_path(), fields, back))
    page = reverse("account:confirm")
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(page)
    return HttpResponseRedirect(page)


def waiting(request: HttpRequest) -> WaitingAct | None:
    """Return the act that waits for a proof, if any."""
    kept = request.session.get(_WAITING)
    if not kept:
        return None
    method, path, fields, back = kept
    return WaitingAct(method, path, [(name, value) for name, value in fields], back)


def forget_waiting(request: HttpRequest) -> None:
    """Let nothing wait any more."""
    request.session.pop(_WAITING, None)


def _wait(request: HttpRequest, act: WaitingAct) -> None:
    request.session[_WAITING] = [act.method, act.path, act.fields, act.back]


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the values of a form but for its token."""
    if request.method != "POST":
        return []
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]


def _page_before(request: HttpRequest) -> str:
    """Return the path of the page that the request came from, on this host."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
        return reverse("console:overview")
    parts = urlsplit(url)
    path = escape_leading_slashes(parts.path)  # “//name” would lead to another host
    return path + (f"?{parts.query}" if parts.query else "")
