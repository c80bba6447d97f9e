"""The front door as a client sees it, and what came of what went in."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client

from audit.actors import Actor
from cdp.kernel import database
from cdp.kernel.roles import Role
from profiles import pipeline
from profiles.events.export import Wanted, export
from profiles.models import Quarantined, Source, WriteKey
from tests.people import Shop


@dataclass(slots=True)
class Door:
    """The tracking paths of a shop, with the till's write key."""

    shop: Shop
    key: str

    def send(
        self,
        path: str,
        body: Any,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "application/json",
    ) -> HttpResponse:
        """Post `body` (bytes, or a value to write as JSON) and return the answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = self.key if key is None else key
        basic = {"Authorization": f"Basic {encode(key)}"} if key else {}
        return self.request("POST", path, raw, headers={**basic, **(headers or {})}, kind=kind)

    def request(
        self,
        method: str,
        path: str,
        raw: bytes = b"",
        *,
        headers: Mapping[str, str],
        kind: str = "",
    ) -> HttpResponse:
        """Make any request."""
        client = Client(raise_request_exception=False)
        answer: HttpResponse = client.generic(
            method, path, raw, content_type=kind or "application/json", headers=dict(headers)
        )
        return answer

    def stored(self) -> dict[str, dict[str, Any]]:
        """Drain what waits and return every accepted event by its message id."""
        self.drain()
        events = list(export(Wanted(), actor=Actor.system("test")))
        by_id = {event["messageId"]: event for event in events}
        assert len(by_id) == len(events), "an event is stored twice"
        return by_id

    def drain(self) -> None:
        """Turn what was accepted into events."""
        with database.as_role(Role.INGEST):
            while pipeline.drain_once(self.shop.workspace.pk):
                pass

    def refused(self) -> list[str]:
        """Drain what waits and return the reasons in quarantine."""
        self.drain()
        rows = Quarantined.objects.order_by("reason")
        return list(rows.values_list("reason", flat=True))


def encode(key: str) -> str:
    """Return a write key as basic authentication carries it."""
    return base64.b64encode(f"{key}:".encode()).decode()


def open_door(shop: Shop, *, key: str) -> Door:
    """Return the door of a shop whose till has this write key."""
    with database.as_role(Role.WEB):
        till = Source.objects.get(pk=shop.till.id)
        WriteKey.objects.create(source=till, workspace_id=shop.workspace.pk, key=key)
    return Door(shop, key)
