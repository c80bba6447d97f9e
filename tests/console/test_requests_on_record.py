"""Entries of one request carry its id; nothing carries it on to the next."""

from django.test import Client
from django.urls import reverse

from audit.inbox import record
from audit.models import Inbox
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role


def requests_of(act: str) -> list[str]:
    with database.as_role(Role.AUDIT):
        return list(Inbox.objects.filter(act=act).order_by("id").values_list("req", flat=True))


def test_what_a_request_does_is_on_record_under_its_id(workspace: Workspace, omar: Client) -> None:
    first = omar.get(reverse("console:audit"))
    second = omar.get(reverse("console:audit"))

    assert requests_of("audit.read") == [first["X-Request-Id"], second["X-Request-Id"]]
    assert first["X-Request-Id"] != second["X-Request-Id"]


def test_after_a_request_nothing_is_recorded_under_it(workspace: Workspace, omar: Client) -> None:
    omar.get(reverse("console:audit"))

    record("sys:test", "bench.note")

    assert requests_of("bench.note") == [""]
