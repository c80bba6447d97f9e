"""
Links in messages: one-click unsubscribe and counted links. No sign-in; the token is all there is.

Looking never changes anything: mail programs and scanners fetch every link. Source: RFC 8058.
"""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.feedback import receive
from campaigns.feedback.receive import UnknownLink
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.portal import pages
from consent import purposes

ONE_CLICK = ("List-Unsubscribe", "One-Click")
PREFETCH = ("Purpose", "Sec-Purpose", "X-Moz")


class WebRedirect(HttpResponseRedirect):
    """A redirect to an address that was checked when the message was written."""

    allowed_schemes = ["http", "https"]


@csrf_exempt  # a mailbox provider has no cookie; the token is the authorization
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link stops; stop it on POST, from the page's button or in one click."""
    language = get_language() or "en"
    try:
        stoppable = receive.find_stoppable(token)
        name, value = ONE_CLICK
        if request.method == "POST" and request.POST.get(name) == value:
            receive.stop(token, language=language)
            return _private(HttpResponse("", content_type="text/plain"))
        pressed = request.method == "POST" and request.POST.get("stop") == "1"
        stopped_at = receive.stop(token, language=language) if pressed else None
    except UnknownLink:
        raise Http404 from None
    with database.in_workspace(stoppable.workspace):
        request.workspace = Workspace.objects.get(  # type: ignore[attr-defined]  # the frame's
            pk=stoppable.workspace
        )
        context = {
            "purpose": purposes.label(stoppable.purpose, language),
            "stopped_at": stopped_at,
        }
        refused = request.method == "POST" and not pressed
        return _private(
            pages.show(request, "unsubscribe.html", context, status=400 if refused else 200)
        )


@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Go where a link in a message leads, and count the click if a person made it."""
    is_counted = request.method == "GET" and not any(name in request.headers for name in PREFETCH)
    try:
        target = receive.follow(token, is_counted=is_counted)
    except UnknownLink:
        raise Http404 from None
    return _private(WebRedirect(target))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the token out of caches and of the next site's logs."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
