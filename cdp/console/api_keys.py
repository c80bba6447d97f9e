"""Settings, API keys: what other systems may read and write here, until when; replace, revoke."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.acting import acting
from audit.inbox import record
from cdp.accounts import api_keys
from cdp.accounts.models import ApiKey
from cdp.accounts.permissions import SCOPES, Text
from cdp.console import names, refusals, settings
from cdp.console.access import ConsoleRequest, needs
from cdp.console.step_up import confirmed_to_act
from cdp.kernel import clock
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role
from consent.catalog import CATALOG

LIVES = (30, 90, 180, 365)  # days
OVERLAPS = (0, 1, 7, 30)  # days
SHOWN_AFTER_END = timedelta(days=30)


def _days(choices: Iterable[int], zero: Text = "") -> list[tuple[int, str]]:
    return [
        (n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n} if n else str(zero)) for n in choices
    ]


class KeyForm(forms.Form):
    """What a new key may do, and until when."""

    name = forms.CharField(
        label=_("Name"), max_length=api_keys.MAX_NAME, help_text=_("The system that uses it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    purposes = forms.MultipleChoiceField(
        label=_("Purposes"),
        required=False,
        help_text=_("A request about people names one of these."),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=_("Ends after"), coerce=int, initial=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readable = [spec.key for spec in CATALOG if Role.API in spec.roles]
        self.fields["purposes"].choices = [(key, names.purpose(key)) for key in readable]  # type: ignore[attr-defined]  # stubs know fields, not kinds
        self.fields["days"].choices = _days(LIVES)  # type: ignore[attr-defined]  # as above


class RotationForm(forms.Form):
    """How long both keys open, and when the new one ends."""

    overlap = forms.TypedChoiceField(label=_("The old key goes on for"), coerce=int, initial=7)
    days = forms.TypedChoiceField(label=_("The new key ends after"), coerce=int, initial=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlap"].choices = _days(OVERLAPS, _("not at all"))  # type: ignore[attr-defined]  # as above
        self.fields["days"].choices = _days(LIVES)  # type: ignore[attr-defined]  # as above


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key as screens show it; `state` is in force, ends soon, replaced, ended or revoked."""

    key: ApiKey
    state: tuple[str, str, str]  # color, sign, words
    scopes: list[Text]
    purposes: list[str]
    is_in_force: bool
    is_replaced: bool


@require_GET
@needs("keys:manage")
def show_api_keys(request: ConsoleRequest) -> HttpResponse:
    """List the keys in force, and those that ended within the last thirty days."""
    since = clock.now() - SHOWN_AFTER_END
    rows = ApiKey.objects.filter(workspace=request.workspace, expires_at__gt=since)
    rows = rows.exclude(revoked_at__lt=since).order_by("-created_at")
    shown = {"lines": _lines(list(rows)), "tabs": settings.tabs(request)}
    return render(request, "console/api_keys.html", shown)


@require_http_methods(["GET", "POST"])
@needs("keys:manage")
@confirmed_to_act
def new_api_key(request: ConsoleRequest) -> HttpResponse:
    """Show the form; on POST issue a key and show its token, this once."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            with acting(request.actor, request=request.request_id):
                issued = api_keys.issue(
                    workspace=request.workspace.pk,
                    name=asked["name"],
                    scopes=asked["scopes"],
                    purposes=asked["purposes"],
                    expires_at=clock.now() + timedelta(days=asked["days"]),
                )
                record(request.actor, "api_key.issued", obj=f"api_key:{issued.key.pk}")
        except CdpError as refused:
            form.add_error(None, refusals.said(refused))
        else:
            return _page(request, issued.key.pk, token=issued.token)
    status = 422 if form.errors else 200
    return render(request, "console/api_key_new.html", {"form": form}, status=status)


@require_GET
@needs("keys:manage")
def show_api_key(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Show one key: what it may do, and how to replace or revoke it."""
    return _page(request, key)


@require_POST
@needs("keys:manage")
@confirmed_to_act
def rotate_api_key(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Issue a key in the place of another and show its token, this once."""
    _found(request, key)
    form = RotationForm(request.POST)
    if not form.is_valid():
        return _page(request, key, form=form)
    overlap = timedelta(days=form.cleaned_data["overlap"])
    try:
        with acting(request.actor, request=request.request_id):
            issued = api_keys.rotate(
                key,
                workspace=request.workspace.pk,
                overlap=overlap,
                expires_at=clock.now() + timedelta(days=form.cleaned_data["days"]),
            )
            record(
                request.actor,
                "api_key.rotated",
                obj=f"api_key:{issued.key.pk}",
                detail={"replaces": str(key), "overlap_days": overlap.days},
            )
    except CdpError as refused:
        return _page(request, key, refused=refused)
    return _page(request, issued.key.pk, token=issued.token)


@require_POST
@needs("keys:manage")
@confirmed_to_act
def revoke_api_key(request: ConsoleRequest, key: UUID) -> HttpResponse:
    """Put a key out of force at once."""
    _found(request, key)
    with acting(request.actor, request=request.request_id):
        if api_keys.revoke(key, workspace=request.workspace.pk):
            record(request.actor, "api_key.revoked", obj=f"api_key:{key}")
    return redirect("console:api_key", key)


def _found(request: ConsoleRequest, key: UUID) -> ApiKey:
    found = ApiKey.objects.filter(pk=key, workspace=request.workspace).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: ConsoleRequest,
    key: UUID,
    *,
    token: str = "",
    form: RotationForm | None = None,
    refused: CdpError | None = None,
) -> HttpResponse:
    found = _found(request, key)
    shown = {
        "line": _lines([found])[0],
        "token": token,
        "form": form or RotationForm(),
        "refused": refusals.said(refused) if refused else "",
    }
    status = 409 if refused else 422 if form else 200
    return render(request, "console/api_key.html", shown, status=status)


def _lines(keys: list[ApiKey]) -> list[KeyLine]:
    followed = set(
        ApiKey.objects.filter(replaces__in=keys, revoked_at=None).values_list(
            "replaces_id", flat=True
        )
    )
    return [_line(key, is_replaced=key.pk in followed) for key in keys]


def _line(key: ApiKey, *, is_replaced: bool) -> KeyLine:
    now = clock.now()
    in_force = api_keys.is_in_force(key, as_of=now)
    return KeyLine(
        key=key,
        state=_state(key, in_force, (key.expires_at - now), is_replaced),
        scopes=[SCOPES.get(scope, scope) for scope in key.scopes],
        purposes=[names.purpose(purpose) for purpose in key.purposes],
        is_in_force=in_force,
        is_replaced=is_replaced,
    )


def _state(key: ApiKey, in_force: bool, left: timedelta, is_replaced: bool) -> tuple[str, str, str]:
    if key.revoked_at is not None:
        return "neutral", "✕", gettext("revoked")
    if not in_force:
        return "neutral", "✕", gettext("ended")
    days = left.days
    soon = ngettext("ends in %(n)d day", "ends in %(n)d days", days) % {"n": days}
    if is_replaced:
        return "info", "●", gettext("replaced, %(soon)s") % {"soon": soon}
    if left < api_keys.ENDS_SOON:
        return "warning", "!", soon
    return "success", "✓", gettext("in force")
