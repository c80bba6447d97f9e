"""The beginning and the end of an operator's session, each on the record."""

from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import logout
from django.http import HttpRequest

from cdp.account import notes
from cdp.account.device_names import named
from cdp.accounts import operator_sessions
from cdp.accounts.models import Operator
from cdp.console import step_up
from cdp.kernel import database

_SESSION = "operator_session"


def session(request: HttpRequest, operator: Operator) -> None:
    """Note the device, the fresh proof and the sign-in of an operator who is in."""
    device = named(request.headers.get("User-Agent", ""))
    with database.atomic():
        row = operator_sessions.begin(operator.pk, device=device)
        notes.keep(operator, "operator.sign_in", by=_steps(request, operator))
    request.session[_SESSION] = str(row)
    step_up.note_proof(request)


def session_id(request: HttpRequest) -> UUID | None:
    """Return which of the operator's sessions this browser has."""
    kept = request.session.get(_SESSION)
    return UUID(kept) if kept else None


def end(request: HttpRequest, operator: Operator, *, act: str) -> None:
    """End this browser's session; `act` says how."""
    row = session_id(request)
    with database.atomic():
        if row is not None:
            operator_sessions.end(row, operator=operator.pk)
        notes.keep(operator, act)
    logout(request)


def _steps(request: HttpRequest, operator: Operator) -> str:
    """Return by what the operator came in, such as "password, totp"."""
    steps = get_authentication_records(request, operator)
    kinds = [str(step["type"]) for step in steps if step.get("method") == "mfa"]
    if any(step.get("passwordless") for step in steps):
        return "passkey"
    return ", ".join(["password", *kinds[-1:]])
