"""Settings, API keys: issued and shown once, replaced with an overlap, revoked; on the record."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Inbox
from cdp.accounts import api_keys
from cdp.accounts.models import ApiKey
from cdp.accounts.permissions import Role
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role as Login
from tests.console.conftest import Console

ASKED = {
    "name": "shop-sync", "scopes": ["profiles:read", "jobs:read"], "purposes": ["service"],
    "days": "90",
}  # fmt: skip


@pytest.fixture
def owner(console: Console) -> Client:
    """Return the browser of an owner."""
    return console(Role.ADMINISTRATOR)


def issue(owner: Client, **more: Any) -> tuple[ApiKey, str]:
    """Fill in the form; return the key and the token that was shown."""
    page = owner.post(reverse("console:api_key_new"), ASKED | more).content.decode()
    token = re.search(r"cdk_[\w-]{43}", page)
    assert token
    with database.door("web"):
        return ApiKey.objects.latest("created_at"), token[0]


def opens(token: str) -> bool:
    """Ask the management API."""
    answer = Client().get(f"/api/v1/jobs/{uuid4()}", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code != 401


def acts() -> list[str]:
    """Return what the record says about API keys."""
    with database.as_role(Login.AUDIT):
        rows = Inbox.objects.filter(act__startswith="api_key.").order_by("id")
        return [row.act for row in rows]


def test_a_new_key_is_shown_once_and_opens_what_was_chosen(owner: Client) -> None:
    key, token = issue(owner)

    with database.door("api"):
        found = api_keys.find(token)
    assert found == key
    assert (key.scopes, key.purposes) == (["jobs:read", "profiles:read"], ["service"])
    assert timedelta(days=89) < key.expires_at - clock.now() <= timedelta(days=90)
    for page in (reverse("console:api_keys"), reverse("console:api_key", args=[key.pk])):
        text = owner.get(page).content.decode()
        assert "shop-sync" in text and key.prefix in text and token not in text
    assert acts() == ["api_key.issued"]


def test_a_key_without_a_scope_or_with_a_made_up_one_is_refused(owner: Client) -> None:
    for scopes in ([], ["everything"]):
        answer = owner.post(reverse("console:api_key_new"), ASKED | {"scopes": scopes})

        assert answer.status_code == 422
    with database.door("web"):
        assert not ApiKey.objects.exists()


def test_a_marketing_purpose_is_no_key_s_to_have(owner: Client) -> None:
    answer = owner.post(reverse("console:api_key_new"), ASKED | {"purposes": ["marketing.email"]})

    assert answer.status_code == 422


def test_a_replaced_key_and_the_new_one_both_open_for_a_while(owner: Client) -> None:
    old, old_token = issue(owner)

    page = owner.post(
        reverse("console:api_key_rotation", args=[old.pk]), {"overlap": "7", "days": "365"}
    ).content.decode()

    new_token = re.search(r"cdk_[\w-]{43}", page)
    assert new_token and new_token[0] != old_token
    assert opens(old_token) and opens(new_token[0])
    with clock.stopped(clock.now() + timedelta(days=8)):
        assert not opens(old_token)
        assert opens(new_token[0])
    assert acts() == ["api_key.issued", "api_key.rotated"]
    assert "replaced, ends in 6 days" in owner.get(reverse("console:api_keys")).content.decode()


def test_a_key_is_not_replaced_twice(owner: Client) -> None:
    old, _ = issue(owner)
    path, asked = reverse("console:api_key_rotation", args=[old.pk]), {"overlap": "7", "days": "90"}
    owner.post(path, asked)

    answer = owner.post(path, asked)

    assert answer.status_code == 409
    assert acts() == ["api_key.issued", "api_key.rotated"]


def test_a_revoked_key_opens_nothing_from_the_next_request_on(owner: Client) -> None:
    key, token = issue(owner)
    assert opens(token)

    for _ in range(2):
        owner.post(reverse("console:api_key_revocation", args=[key.pk]))

    assert not opens(token)
    assert acts() == ["api_key.issued", "api_key.revoked"]


def test_a_key_that_ends_soon_is_marked(owner: Client, workspace: Workspace) -> None:
    with database.door("web"):
        for days in (9, 40):
            api_keys.issue(
                workspace=workspace.pk,
                name="shop-sync",
                scopes=["jobs:read"],
                purposes=[],
                expires_at=clock.now() + timedelta(days=days, hours=1),
            )

    page = owner.get(reverse("console:api_keys")).content.decode()

    assert re.findall(r"ends in \d+ days", page) == ["ends in 9 days"]


def test_another_workspace_s_key_is_not_here(owner: Client, workspace: Workspace) -> None:
    with database.door("web"):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
        theirs = api_keys.issue(
            workspace=outlet.pk,
            name="theirs",
            scopes=["jobs:read"],
            purposes=[],
            expires_at=clock.now() + timedelta(days=9),
        )
    at = [theirs.key.pk]

    answers = [
        owner.get(reverse("console:api_key", args=at)),
        owner.post(reverse("console:api_key_rotation", args=at), {"overlap": "0", "days": "90"}),
        owner.post(reverse("console:api_key_revocation", args=at)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert opens(theirs.token)
    assert "theirs" not in owner.get(reverse("console:api_keys")).content.decode()
