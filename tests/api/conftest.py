"""A caller of the management API, with a key of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cdp.accounts import api_keys
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role

SCOPES = (
    "profiles:read", "events:read", "segments:read", "segments:write", "campaigns:read",
    "consents:read", "consents:write", "purposes:read", "audit:read", "jobs:read",
)  # fmt: skip
PURPOSES = ("service", "profiling.segmentation", "profiling.scoring", "marketing.email")


@dataclass(slots=True)
class Answer:
    """What came back: status, headers, body as plain values."""

    status: int
    headers: Any
    body: Any


@dataclass(slots=True)
class Caller:
    """Somebody with a key; `purpose` is what their requests name, if anything."""

    token: str
    purpose: str = "service"

    def get(self, path: str, **query: str) -> Answer:
        """Ask for something."""
        return self._ask("GET", path, query=query)

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        kind: str = "",
        once: str | None = None,
    ) -> Answer:
        """Send something; `once` is its Idempotency-Key."""
        data = raw if raw is not None else json.dumps(body if body is not None else {}).encode()
        more = {} if once is None else {"Idempotency-Key": once}
        return self._ask("POST", path, data=data, kind=kind or "application/json", more=more)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Any = None,
        data: bytes = b"",
        kind: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more or {}
        if self.purpose:
            headers["Candor-Purpose"] = self.purpose
        client = Client(raise_request_exception=False)
        got = client.generic(
            method, path, data, content_type=kind, headers=headers, query_params=query
        )
        body = json.loads(got.content) if got.content else None
        return Answer(got.status_code, got.headers, body)


def issue(
    workspace: Workspace,
    *,
    scopes: Sequence[str] = SCOPES,
    purposes: Sequence[str] = PURPOSES,
    days: int = 30,
) -> Caller:
    """Issue a key as the console does."""
    with database.as_role(Role.WEB):
        made = api_keys.issue(
            workspace=workspace.pk,
            name="test",
            scopes=scopes,
            purposes=purposes,
            expires_at=clock.now() + timedelta(days=days),
        )
    return Caller(made.token)


@pytest.fixture
def caller(workspace: Workspace) -> Caller:
    """Return a caller with every scope."""
    return issue(workspace)
