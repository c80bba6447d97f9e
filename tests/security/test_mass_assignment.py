"""Nobody sets by a body what the platform decides: workspace, rights, times, who said it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts import invitations, operators
from cdp.accounts.models import ApiKey, Invitation, Operator, OperatorRole
from cdp.accounts.permissions import SCOPES, Role
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from profiles.models import Segment
from tests.people import EVERYTHING, Shop
from tests.security.test_matrix import of
from tests.security.test_matrix_api import key

pytestmark = pytest.mark.django_db
NOWHERE = "00000000-0000-0000-0000-000000000007"
FOREIGN = {
    "workspace_id": NOWHERE, "workspace": NOWHERE, "id": NOWHERE, "pk": NOWHERE,
    "created_by": "op:somebody", "actor": "op:somebody", "created_at": "2001-01-01T00:00:00Z",
    "granted_at": "2001-01-01T00:00:00Z", "is_staff": True, "is_superuser": True,
    "is_active": True, "purpose_bits": 2**62, "role": "administrator", "roles": ["administrator"],
    "state": "sent", "size": 4711, "digest": "x", "token": "x", "expires_at": "2101-01-01",
}  # fmt: skip
RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}


@pytest.fixture(autouse=True)
def fresh_limits(workspace: Workspace) -> None:
    """Begin each test with every try unspent."""
    valkey.live().flushdb()


def post(path: str, body: dict[str, Any], token: str) -> tuple[int, Any]:
    """Send a body to the management API."""
    answer = Client().post(
        path,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code, answer.json()


def standing(subject: object, token: str) -> Any:
    """Return how somebody stands to each purpose, and since when."""
    answer = Client().get(
        f"/api/v1/subjects/{subject}/consents", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.json()["data"]


@pytest.mark.parametrize("field", FOREIGN)
def test_an_unknown_field_in_a_body_of_the_api_is_refused_and_nothing_is_written(
    shop: Shop, field: str
) -> None:
    """Case 63: at the management API."""
    mei = shop.welcome("mei", says=EVERYTHING)
    _, token = key(shop.workspace, list(SCOPES))
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/segments": {"name": "Buyers", "rule": RULE},
        "/api/v1/profiles/search": {"user_id": mei.user_id},
        f"/api/v1/subjects/{mei.subject}/grants": {"purpose": "marketing.email"},
        f"/api/v1/subjects/{mei.subject}/withdrawals": {"purpose": "marketing.email"},
    }
    said = standing(mei.subject, token)

    for path, body in bodies.items():
        refused = post(path, {**body, field: FOREIGN[field]}, token)
        assert (path, refused[0], refused[1]["code"]) == (path, 400, "invalid_input")

    with database.door("web"):
        assert not Segment.objects.exists()
    assert standing(mei.subject, token) == said
    for path, body in bodies.items():
        assert post(path, body, token)[0] in (200, 201), f"the control: {path}"


def test_what_a_form_of_the_console_does_not_have_changes_nothing(workspace: Workspace) -> None:
    """Case 63: at the console's forms."""
    owner = of(workspace, Role.ADMINISTRATOR)
    extra = {name: str(value) for name, value in FOREIGN.items()}

    owner.post(
        reverse("console:team_invite"), {**extra, "name": "Noa", "email": "noa@shop.example"}
    )
    owner.post(
        reverse("console:api_key_new"),
        {**extra, "name": "sync", "scopes": ["jobs:read"], "days": "30"},
    )

    with database.door("web"):
        noa = Operator.objects.get(email="noa@shop.example")
        made = ApiKey.objects.get()
        place = Invitation.objects.get()
        assert not OperatorRole.objects.filter(operator=noa).exists()
    assert not noa.has_usable_password() and str(noa.pk) != NOWHERE
    assert made.workspace_id == place.workspace_id == workspace.pk
    assert str(made.pk) != NOWHERE and made.expires_at.year < 2101
    assert made.created_at.year > 2001


def test_an_invited_operator_brings_no_role_along(workspace: Workspace) -> None:
    """Case 63: at the page that an invitation opens."""
    with database.door("web"):
        noa = operators.create_operator(email="noa@shop.example", name="Noa", password=None)
        token = invitations.renew(noa, workspace=workspace.pk)
    password = "correct horse battery"

    Client().post(
        reverse("account:join"),
        {**{name: str(value) for name, value in FOREIGN.items()},
         "token": token, "password": password, "again": password, "email": "ada@shop.example"},
    )  # fmt: skip

    with database.door("web"):
        noa.refresh_from_db()
        assert not OperatorRole.objects.filter(operator=noa).exists()
    assert noa.check_password(password) and noa.email == "noa@shop.example"
