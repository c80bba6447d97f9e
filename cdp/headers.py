"""
Headers that every answer carries, beside those of Django and django-csp.

Nothing that a page may not do by these headers is done by ours: no camera, no place, no payment.
An answer stays out of every cache unless its view says otherwise. An address that holds a token
is never told to another site. Source: hardening reference, part 4.8; OWASP ASVS 5.0 3.4.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_OFF = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "usb", "xr-spatial-tracking",
)  # fmt: skip
_OURS = ("publickey-credentials-create", "publickey-credentials-get")  # passkeys
PERMISSIONS = ", ".join([*(f"{name}=()" for name in _OFF), *(f"{name}=(self)" for name in _OURS)])
TOKEN_PATHS = ("/u/", "/r/")
OPEN_TO_OTHERS = ("/v1/", "/static/", "/log/", "/.well-known/")


class HeadersMiddleware:
    """Adds what is missing; a header that a view set stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_open = request.path.startswith(OPEN_TO_OTHERS)
        for name, value in (
            ("Permissions-Policy", PERMISSIONS),
            ("Cross-Origin-Resource-Policy", "cross-origin" if is_open else "same-origin"),
        ):
            response.headers.setdefault(name, value)
        if not is_open:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.path.startswith(TOKEN_PATHS):
            response["Referrer-Policy"] = "no-referrer"
        return response
