"""The page before everything else where a second step is required and missing."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cdp.account import passkeys
from cdp.accounts import two_step
from cdp.accounts.models import Operator


@never_cache
@login_required
@require_GET
def set_up(request: HttpRequest) -> HttpResponse:
    """Offer the kinds of second step to who has none yet."""
    if two_step.has(cast(Operator, request.user).pk):
        return redirect("account:page")
    shown = {"can_add_passkeys": passkeys.possible(request)}
    return render(request, "account/set_up.html", shown)
