"""The operators' door in tests: pressing its buttons, and what came of it on the record."""

import re
from typing import Any
from uuid import UUID

from django.test import Client

from audit.models import Inbox
from cdp.accounts.models import Operator
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.accounts.authenticator import code

PASSWORD = "correct horse battery"
SIGN_IN, SECOND = "/account/signin/", "/account/signin/second-step/"
APP, CODES = "/account/two-step/app/add/", "/account/two-step/codes/"
_KEY = re.compile(r'id="key"[^>]*value="([A-Z2-7]+)"')
_CODE = re.compile(r'<li class="code">(\d{8})</li>')


def sign_in(client: Client, *, password: str = PASSWORD, email: str = "alice@example.com") -> Any:
    """Press the button of the sign-in page."""
    return client.post(SIGN_IN, {"email": email, "password": password})


def signed_in(client: Client) -> str | None:
    """Return the id of the operator who is signed in there."""
    with database.door("web"):
        found = client.session.get("_auth_user_id")
    return str(found) if found else None


def enroll(client: Client, *, at: float) -> tuple[str, list[str]]:
    """Set an app up as the signed-in operator does; return its key and the recovery codes."""
    key = _KEY.search(client.get(APP).content.decode())
    assert key, "the page shows no key"
    done = client.post(APP, {"code": code(key[1], at=at)})
    assert done["Location"] == CODES, done.content.decode()
    return key[1], recovery_codes(client)


def recovery_codes(client: Client) -> list[str]:
    """Return the recovery codes that the page shows."""
    return _CODE.findall(client.get(CODES).content.decode())


def acts(operator: Operator | None = None) -> list[str]:
    """Return what is on the record of an operator, or of strangers at the door, oldest first."""
    actor = f"op:{operator.pk}" if operator else "sys:sign_in"
    with database.as_role(Role.AUDIT):
        rows = Inbox.objects.filter(actor=actor, act__startswith="operator.").order_by("pk")
        return list(rows.values_list("act", flat=True))


def details() -> str:
    """Return every detail that the record of the door keeps, in one text."""
    with database.as_role(Role.AUDIT):
        rows = Inbox.objects.filter(act__startswith="operator.")
        return " ".join(str(row) for row in rows.values_list("actor", "obj", "detail"))


def switch_off(operator: UUID) -> None:
    """Switch an operator off."""
    with database.door("web"):
        Operator.objects.filter(pk=operator).update(is_active=False)
