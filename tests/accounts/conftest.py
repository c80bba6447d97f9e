"""Alice at the door, her authenticator app's clock, and Valkey at its worst."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as app
from django.test import Client

from cdp.accounts import operators
from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database, valkey
from cdp.kernel.models import Workspace
from tests.accounts.door import PASSWORD, sign_in


@pytest.fixture
def fresh_limits(workspace: Workspace) -> None:
    """Begin with every try unspent and every code unused."""
    live = valkey.live()
    for key in [*live.keys("limit:*"), *live.keys("cache:*")]:
        live.delete(key)


@pytest.fixture
def alice(workspace: Workspace, fresh_limits: None) -> Operator:
    """Return a marketer."""
    with database.door("web"):
        made = operators.create_operator(email="alice@example.com", name="Alice", password=PASSWORD)
        operators.grant_role(made, workspace=workspace.pk, role=OperatorRole.Role.MARKETER)
    return made


@pytest.fixture
def desk(alice: Operator) -> Client:
    """Return the browser at Alice's desk, where she has just signed in."""
    browser = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Gecko Firefox/128.0"})
    assert sign_in(browser).status_code == 302
    return browser


@pytest.fixture
def app_clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the clock by which allauth checks codes; `now` may be set."""
    clock = SimpleNamespace(now=1_790_000_000.0)
    monkeypatch.setattr(app, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def valkey_away(settings: Any) -> Iterator[None]:
    """Let Valkey be somewhere where nobody answers."""
    settings.VALKEY_URL = "redis://127.0.0.1:1"
    valkey.live.cache_clear()
    yield
    valkey.live.cache_clear()
