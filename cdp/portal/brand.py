"""Whose portal this is: the workspace that a host name serves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse

from cdp.kernel import database
from cdp.kernel.models import Workspace

P = ParamSpec("P")


def branded(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Run `view` inside the workspace of the host that was asked."""

    @wraps(view)
    def inside(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with brand_of(request):
            return view(request, *args, **kwargs)

    return inside


@contextmanager
def brand_of(request: HttpRequest) -> Iterator[Workspace]:
    """Enter the workspace whose `portal_host` was asked, by default the oldest one."""
    host = request.get_host()
    every = list(Workspace.objects.order_by("created_at"))
    if not every:
        raise Http404
    named = [each for each in every if each.settings.get("portal_host") == host]
    workspace = (named or every)[0]
    request.workspace = workspace  # type: ignore[attr-defined]  # the frame shows its name
    request_id: str = request.request_id  # type: ignore[attr-defined]  # the door gave it
    with database.in_workspace(workspace.pk, request=request_id):
        yield workspace
