"""API keys: shown once, found by digest, out of force when revoked or run out."""

from datetime import UTC, datetime, timedelta

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
        api_keys.revoke(issued.key.pk)

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
