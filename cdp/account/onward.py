"""Where a visitor goes next: only ever to an address on this host."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def safe(request: HttpRequest, url: str | None) -> str | None:
    """Return `url` if it stays on this host."""
    hosts = {request.get_host()}
    secure = request.is_secure()
    if url and url_has_allowed_host_and_scheme(url, hosts, require_https=secure):
        return url
    return None
