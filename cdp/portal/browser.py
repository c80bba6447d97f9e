"""What the portal keeps in a browser: two cookies, and nothing else."""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from cdp.accounts import clients
from cdp.accounts.sessions import ABSOLUTE
from cdp.kernel import crypto

_PREFIX = "__Host-" if settings.SECURE else ""
SESSION = f"{_PREFIX}candor_my"
BINDING = f"{_PREFIX}candor_my_browser"  # ties a sign-in link to the browser that asked
BINDING_SECONDS = 15 * 60


class SeeOther(HttpResponseRedirect):
    """The answer to a form: look over there, with GET."""

    status_code = 303


def remember_session(response: HttpResponse, token: str) -> None:
    """Keep the session's token in the browser; scripts cannot read it."""
    _set(response, SESSION, token, seconds=int(ABSOLUTE.total_seconds()))


def forget(response: HttpResponse, *names: str) -> None:
    """Remove cookies from the browser."""
    for name in names:
        _set(response, name, "", seconds=0)


def bind(request: HttpRequest, response: HttpResponse) -> bytes:
    """Return the digest of this browser's binding cookie, giving it one where it has none."""
    token = request.COOKIES.get(BINDING) or secrets.token_urlsafe(32)
    _set(response, BINDING, token, seconds=BINDING_SECONDS)
    return crypto.token_digest(token)


def binding(request: HttpRequest) -> bytes:
    """Return the digest of this browser's binding cookie; one that fits nothing without it."""
    return crypto.token_digest(request.COOKIES.get(BINDING) or secrets.token_urlsafe(32))


def client(request: HttpRequest) -> str:
    """Return the address that this request comes from."""
    return clients.address(request.META, proxies=settings.TRUSTED_PROXIES)


def _set(response: HttpResponse, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
