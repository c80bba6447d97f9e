"""
Which host serves which path, and over what: the console and the portal may have a host each.

Without `CDP_CONSOLE_HOST` one host serves everything. With it, the console and operators' sign-in
answer there alone, and customers' pages at the host of the public address alone; so a script of
one never runs beside the cookies of the other. What a host does not serve is not there: 404.
Where the public address is HTTPS, programs that come by plain HTTP are refused instead of sent
elsewhere: a redirect would only hide that their key went over the wire.
Source: OWASP ASVS 5.0 3.5.4, 4.1.2.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port

OPERATORS = ("/console/", "/account/")
CUSTOMERS = ("/my/", "/u/", "/r/")
FOR_BOTH = ("/account/language/", "/account/theme/")
PROGRAMS = ("/v1/", "/api/v1/")


class HostMiddleware:
    """Answers only where a path is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        by_wire = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if by_wire and request.path.startswith(PROGRAMS):
            refused = {"code": "https_required", "message": "Send it by HTTPS, with a new key."}
            return JsonResponse(refused, status=403)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Refuse a path at a host that does not serve it; the page is then the usual 404."""
        if not is_served(request.path, split_domain_port(request.get_host())[0]):
            raise Http404


def is_served(path: str, host: str) -> bool:
    """Return whether `host` (without its port) serves `path`."""
    if not settings.CONSOLE_HOST or path.startswith(FOR_BOTH):
        return True
    if path.startswith(OPERATORS):
        return host == settings.CONSOLE_HOST
    if path.startswith(CUSTOMERS):
        return host == settings.PUBLIC_HOST
    return True


def home(host: str) -> str:
    """Return the path that the bare address of `host` leads to."""
    return "/console/" if is_served("/console/", host) else "/my/"
