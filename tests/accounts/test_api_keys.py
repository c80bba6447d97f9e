"""API keys: shown once, found by digest, out of force when revoked or run out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp.accounts import api_keys
from cdp.accounts.api_keys import IssuedKey
from cdp.accounts.models import ApiKey
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_key(workspace: Workspace, *, days: int = 30) -> IssuedKey:
    """Issue a key as the console does."""
    with database.door("web"), clock.stopped(NOON):
        return api_keys.issue(
            workspace=workspace.pk,
            name="shop",
            scopes=["profiles:read"],
            purposes=["support"],
            expires_at=NOON + timedelta(days=days),
        )


def test_a_key_is_found_by_its_token_alone(workspace: Workspace) -> None:
    issued = make_key(workspace)

    with database.door("api"), clock.stopped(NOON):
        assert api_keys.find(issued.token) == issued.key
        assert api_keys.find(issued.token[:-1]) is None
        assert api_keys.find("") is None


def test_the_token_is_not_stored(workspace: Workspace) -> None:
    issued = make_key(workspace)

    with database.door("api"):
        row = ApiKey.objects.values().get()

    assert all(issued.token not in str(value) for value in row.values())
    assert issued.token.startswith(row["prefix"])


def test_a_revoked_key_opens_nothing(workspace: Workspace) -> None:
    issued = make_key(workspace)

    with database.door("web"), clock.stopped(NOON):
        api_keys.revoke(issued.key.pk, workspace=workspace.pk)

    with database.door("api"), clock.stopped(NOON):
        assert api_keys.find(issued.token) is None


def test_a_key_runs_out(workspace: Workspace) -> None:
    issued = make_key(workspace, days=1)

    with database.door("api"):
        with clock.stopped(NOON + timedelta(hours=23)):
            assert api_keys.find(issued.token)
        with clock.stopped(NOON + timedelta(days=1)):
            assert api_keys.find(issued.token) is None


def test_the_last_use_is_noted_to_the_minute(workspace: Workspace) -> None:
    issued = make_key(workspace)

    with database.door("api"):
        for seconds in (0, 30, 90):
            with clock.stopped(NOON + timedelta(seconds=seconds)):
                api_keys.find(issued.token)

        assert ApiKey.objects.get().last_used_at == NOON + timedelta(seconds=90)


def rotate(old: IssuedKey, workspace: Workspace, *, at: datetime = NOON) -> IssuedKey:
    """Replace a key as the console does, with a week in which both open."""
    with database.door("web"), clock.stopped(at):
        return api_keys.rotate(
            old.key.pk,
            workspace=workspace.pk,
            overlap=timedelta(days=7),
            expires_at=at + timedelta(days=200),
        )


def test_a_replaced_key_goes_on_for_a_while(workspace: Workspace) -> None:
    old = make_key(workspace, days=200)

    new = rotate(old, workspace, at=NOON + timedelta(days=100))

    assert (new.key.scopes, new.key.purposes, new.key.name) == (
        ["profiles:read"],
        ["support"],
        "shop",
    )
    assert new.key.expires_at == NOON + timedelta(days=300)
    with database.door("api"):
        for days, found in ((101, True), (106, True), (107, False)):
            with clock.stopped(NOON + timedelta(days=days)):
                assert (api_keys.find(old.token) is not None) == found
                assert api_keys.find(new.token) == new.key


def test_an_overlap_never_lengthens_a_key_s_life(workspace: Workspace) -> None:
    old = make_key(workspace, days=3)

    rotate(old, workspace)

    with database.door("web"):
        old.key.refresh_from_db()
    assert old.key.expires_at == NOON + timedelta(days=3)


def test_a_key_is_replaced_once(workspace: Workspace) -> None:
    old = make_key(workspace)
    rotate(old, workspace)

    with pytest.raises(api_keys.KeyOver):
        rotate(old, workspace)


def test_a_key_that_is_over_is_not_replaced(workspace: Workspace) -> None:
    old = make_key(workspace)
    with database.door("web"), clock.stopped(NOON):
        assert api_keys.revoke(old.key.pk, workspace=workspace.pk)
        assert not api_keys.revoke(old.key.pk, workspace=workspace.pk)

    with pytest.raises(api_keys.KeyOver):
        rotate(old, workspace)


def test_another_workspace_s_key_is_not_there(workspace: Workspace) -> None:
    ours = make_key(workspace)
    with database.door("web"), clock.stopped(NOON):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})

        with pytest.raises(api_keys.KeyNotFound):
            api_keys.revoke(ours.key.pk, workspace=outlet.pk)
    with pytest.raises(api_keys.KeyNotFound):
        rotate(ours, outlet)


@pytest.mark.parametrize(
    "unfit",
    [
        {"name": "  "},
        {"name": "n" * 81},
        {"scopes": []},
        {"scopes": ["profiles:read", "everything"]},
        {"expires_at": NOON},
        {"expires_at": NOON + timedelta(days=366)},
    ],
    ids=str,
)
def test_a_key_has_a_name_known_scopes_and_an_end_within_a_year(
    workspace: Workspace, unfit: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {
        "name": "shop", "scopes": ["profiles:read"], "expires_at": NOON + timedelta(days=365),
    }  # fmt: skip
    with database.door("web"), clock.stopped(NOON):
        assert api_keys.issue(workspace=workspace.pk, purposes=[], **asked)

        with pytest.raises(api_keys.KeyUnfit):
            api_keys.issue(workspace=workspace.pk, purposes=[], **(asked | unfit))
