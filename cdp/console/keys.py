"""Settings, Keys: what each key is for, how old it is and who depends on it; never a key itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.console import jobs, names, refusals, settings
from cdp.console.access import ConsoleRequest, needs
from cdp.console.reason_field import ReasonField
from cdp.console.step_up import confirmed
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use
from cdp.kernel.models import JobRun
from cdp.keys import approval, work
from cdp.keys.status import KeyStatus, status

USES: Mapping[str, names.Text] = {
    Use.KEK: _("Wraps the data key of each person"),
    Use.INDEX: _("Makes the digests by which a value is found"),
    Use.REFERENCE: _("Makes the pseudonyms of the audit log"),
    Use.SIGN: _("Signs the audit log"),
    Use.TOKEN: _("Guards sign-in codes, second steps and counters"),
    Use.INTAKE: _("Seals what waits to be taken in; changes daily by itself"),
}
ROTATED = (Use.KEK, Use.SIGN, Use.TOKEN)
ENDED = (Use.KEK, Use.SIGN)
ENDINGS: Mapping[str, Kind] = {"retirement": Kind.KEY_RETIRE, "destruction": Kind.KEY_DESTROY}
SHOWN_RUNS = 5


class EndingForm(forms.Form):
    """Why a key should end."""

    reason = ReasonField(label=_("Reason"), help_text=_("Who decides reads it."))


@dataclass(frozen=True, slots=True)
class Line:
    """One key, what may be done to it, and the approval that it has or waits for."""

    key: KeyStatus
    meaning: names.Text
    since: datetime | None
    may_rotate: bool
    ending: str  # retirement, destruction or ''
    asked: Approval | None
    is_approved: bool  # for this operator to go on


@require_GET
@needs("keys:manage")
def show_keys(request: ConsoleRequest) -> HttpResponse:
    """Show every key, the provider's health, and what was asked; htmx asks for the last alone."""
    asked_for = _runs()
    going = {
        "jobs": jobs.lines(asked_for),
        "is_going": any(not run.is_over for run in asked_for),
    }
    if request.htmx:
        status_code = 200 if going["is_going"] else jobs.STOP_POLLING
        part = render(request, "console/keys.html#runs", going, status=status_code)
        # what was asked for is done: the table above says something else now
        return part if going["is_going"] else _refreshing(part)
    found = status()
    active = next((key.id for key in found.keys if _is_active(key, Use.KEK)), None)
    waiting = sum(
        key.subjects or 0 for key in found.keys if key.use == Use.KEK and key.id != active
    )
    shown = {
        **going,
        "tabs": settings.tabs(request),
        "provider": found.provider,
        "health": found.health,
        "lines": [_line(request, key) for key in found.keys],
        "waiting": waiting,
        "unfit": [key for key in found.keys if key.fits is False or key.state == "missing"],
        "form": EndingForm(),
    }
    return render(request, "console/keys.html", shown)


def _refreshing(part: HttpResponse) -> HttpResponse:
    """Have htmx load the whole page anew."""
    part["HX-Refresh"] = "true"
    return part


def _is_active(key: KeyStatus, use: Use) -> bool:
    return key.use == use and key.state == "active"


def _line(request: ConsoleRequest, key: KeyStatus) -> Line:
    ending = _ending(key)
    asked = approval.open_one(ENDINGS[ending], Use(key.use), key.id) if ending else None
    return Line(
        key=key,
        meaning=USES.get(key.use, key.use),
        since=_moment(key.created),
        may_rotate=key.use in ROTATED and key.state == "active",
        ending=ending,
        asked=asked,
        is_approved=asked is not None
        and (asked.state, asked.asked_by) == (Approval.State.APPROVED, str(request.actor)),
    )


def _ending(key: KeyStatus) -> str:
    """Return how a key may end now: retired while enabled and needed by nobody, then destroyed."""
    if key.use not in ENDED or key.subjects:
        return ""
    if key.state == "enabled":
        return "retirement"
    return "destruction" if key.state == "retired" and key.use == Use.KEK else ""


def _moment(created: str) -> datetime | None:
    """Return when a key was made, as the keyring notes it."""
    try:
        return datetime.fromisoformat(created).astimezone(UTC) if created else None
    except ValueError:
        return None


def _runs() -> list[JobRun]:
    kinds = (work.ROTATE, work.REWRAP, work.RETIRE, work.DESTROY)
    return list(JobRun.objects.filter(kind__in=kinds).order_by("-created_at")[:SHOWN_RUNS])


@require_POST
@needs("keys:manage")
@confirmed
def rotate_key(request: ConsoleRequest, use: str) -> HttpResponse:
    """Ask the process that may for a new key of a use."""
    if use not in ROTATED:
        raise Http404
    return _do(request, lambda: work.ask_rotation(Use(use), actor=request.actor))


@require_POST
@needs("keys:manage")
@confirmed
def rewrap_keys(request: ConsoleRequest) -> HttpResponse:
    """Ask the process that may to wrap every data key under the active key."""
    return _do(request, lambda: work.ask_rewrap(actor=request.actor))


@require_POST
@needs("keys:manage")
def ask_to_end(request: ConsoleRequest, use: str, key_id: int, ending: str) -> HttpResponse:
    """Ask another operator to approve that a key ends."""
    kind, of = _to_end(use, ending)
    form = EndingForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for each in form.errors["reason"]))
        return redirect("console:keys")
    reason = form.cleaned_data["reason"]
    return _do(
        request,
        lambda: approval.ask_to_end(kind, of, key_id, reason=reason, actor=request.actor),
    )


@require_POST
@needs("keys:manage")
@confirmed
def end_key(request: ConsoleRequest, use: str, key_id: int, ending: str) -> HttpResponse:
    """Have a key ended that another operator approved to end."""
    kind, of = _to_end(use, ending)
    if kind is Kind.KEY_RETIRE:
        return _do(request, lambda: work.ask_retirement(of, key_id, actor=request.actor))
    return _do(request, lambda: work.ask_destruction(key_id, actor=request.actor))


def _to_end(use: str, ending: str) -> tuple[Kind, Use]:
    if use not in ENDED or ending not in ENDINGS or (ending == "destruction" and use != Use.KEK):
        raise Http404
    return ENDINGS[ending], Use(use)


def _do(request: ConsoleRequest, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except CdpError as refused:
        messages.error(request, refusals.said(refused))
    return redirect("console:keys")
