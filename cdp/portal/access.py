"""Who may see a portal page: a customer who is signed in, and only their own data."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from audit.actors import Actor
from cdp.accounts import sessions
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.portal.brand import branded
from cdp.portal.browser import SESSION, SeeOther, forget

P = ParamSpec("P")


class PortalRequest(HttpRequest):
    """A request of a customer who is signed in."""

    subject_id: UUID
    workspace: Workspace
    htmx: Any


def actor_of(request: PortalRequest) -> Actor:
    """Return the customer as an actor."""
    return Actor.customer(request.subject_id)


def customer_required(
    view: Callable[Concatenate[PortalRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open `view` to signed-in customers; everybody else is sent to the sign-in page."""

    @branded
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        token = request.COOKIES.get(SESSION)
        subject = sessions.whose(token) if token else None
        if subject is None:
            return _to_sign_in(request)
        customer = cast(PortalRequest, request)
        customer.subject_id = subject
        with database.by(actor_of(customer)):
            return keep_out_of_caches(view(customer, *args, **kwargs))

    return guarded


def keep_out_of_caches(response: HttpResponse) -> HttpResponse:
    """Return `response` marked so that no browser and no proxy keeps it."""
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    url = reverse("portal:signin")
    answer: HttpResponse = (
        HttpResponseClientRedirect(url) if getattr(request, "htmx", False) else SeeOther(url)
    )
    if request.COOKIES.get(SESSION):
        forget(answer, SESSION)
    return keep_out_of_caches(answer)
