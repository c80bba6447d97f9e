"""One source and its write keys: shown whole once, replaced with an overlap, revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cdp.accounts.permissions import Role
from cdp.kernel import clock, database
from cdp.kernel.roles import Role as Login
from profiles.models import Source, WriteKey
from profiles.sources import find
from tests.console.conftest import Console
from tests.people import Shop


@pytest.fixture
def till(shop: Shop) -> Source:
    """Return the till."""
    with database.door("web"):
        return Source.objects.get(key="till")


def make(browser: Client, till: Source) -> tuple[WriteKey, str]:
    """Press the button; return the key and what was shown."""
    page = browser.post(reverse("console:source_keys", args=[till.pk])).content.decode()
    shown = re.search(r'value="(wk_[\w-]{32})"', page)
    assert shown
    with database.door("web"):
        return WriteKey.objects.latest("created_at"), shown[1]


def opens(key: str) -> bool:
    """Ask the front door."""
    with database.as_role(Login.INGEST):
        return find.by_write_key(key) is not None


def test_a_new_key_is_shown_whole_once(ada: Client, till: Source) -> None:
    key, shown = make(ada, till)

    page = ada.get(reverse("console:source", args=[till.pk])).content.decode()

    assert key.key == shown and opens(shown)
    assert f"{shown[:6]}…" in page and shown not in page
    assert shown not in ada.get(reverse("console:sources")).content.decode()


def test_a_replaced_key_goes_on_as_long_as_chosen(ada: Client, till: Source) -> None:
    old, old_shown = make(ada, till)
    path = reverse("console:source_key_rotation", args=[old.pk])

    page = ada.post(path, {"overlap": "7"}).content.decode()

    new = re.search(r'value="(wk_[\w-]{32})"', page)
    assert new and opens(new[1]) and opens(old_shown)
    with clock.stopped(clock.now() + timedelta(days=7, minutes=1)):
        assert opens(new[1]) and not opens(old_shown)
    assert ada.post(path, {"overlap": "7"}).status_code == 409


def test_a_revoked_key_opens_nothing(ada: Client, till: Source) -> None:
    key, shown = make(ada, till)

    ada.post(reverse("console:source_key_revocation", args=[key.pk]))

    assert not opens(shown)
    assert "revoked" in ada.get(reverse("console:source", args=[till.pk])).content.decode()


def test_customer_care_sees_a_source_and_changes_no_key(
    ada: Client, console: Console, till: Source
) -> None:
    key, shown = make(ada, till)
    sam = console(Role.SUPPORT)

    page: Any = sam.get(reverse("console:source", args=[till.pk]))
    refused = [
        sam.post(reverse("console:source_keys", args=[till.pk])),
        sam.post(reverse("console:source_key_rotation", args=[key.pk]), {"overlap": "0"}),
        sam.post(reverse("console:source_key_revocation", args=[key.pk])),
    ]

    assert page.status_code == 200 and "Make a write key" not in page.content.decode()
    assert [answer.status_code for answer in refused] == [403] * 3
    assert opens(shown)
