"""security.txt: where to report a weakness of this deployment. Source: RFC 9116."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cdp.kernel import clock

VALID = timedelta(days=180)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /.well-known/security.txt"""
    if not settings.SECURITY_CONTACT:
        raise Http404
    until = (clock.now() + VALID).replace(microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, zh",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
    ]
    return HttpResponse(
        "\n".join([*lines, ""]),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "public, max-age=86400"},
    )
