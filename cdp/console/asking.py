"""Asking the owners for a permission that a closed page named."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.inbox import record
from cdp.accounts import notifications
from cdp.accounts.notifications import Kind
from cdp.accounts.permissions import WORDS
from cdp.console.access import ConsoleRequest, needs
from cdp.kernel import clock, database


@require_POST
@needs("any")
def ask_for_access(request: ConsoleRequest) -> HttpResponse:
    """Tell the owners what an operator asks for; the same at most once a day."""
    permission = request.POST.get("permission", "")
    if permission not in WORDS:
        raise Http404
    asker = request.operator.pk
    owners = [each for each in notifications.holders("team:manage") if each != asker]
    with database.atomic():
        notifications.tell(
            owners,
            Kind.ACCESS_ASKED,
            obj=f"operator:{asker}",
            params={"by": str(request.actor), "permission": permission},
            once=f"{asker}/{permission}/{clock.now():%Y-%m-%d}",
        )
        record(request.actor, "operator.access_asked", detail={"permission": permission})
    messages.info(request, _("The owners are told."))
    return redirect("console:overview")
