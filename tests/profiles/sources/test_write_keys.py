"""Write keys: made for one source, replaced with an overlap, revoked, and used for intake alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actors import Actor
from audit.models import Inbox
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from profiles.models import Source, WriteKey
from profiles.sources import find, write_keys
from profiles.sources.find import SourceFacts
from tests.people import Shop

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Actor.operator(uuid4())
WEEK = timedelta(days=7)


def opens(key: str, *, at: datetime) -> SourceFacts | None:
    """Ask the front door."""
    with database.as_role(Role.INGEST), clock.stopped(at):
        return find.by_write_key(key)


def act(verb: Any, *what: Any, **more: Any) -> Any:
    """Do something as an operator in the console does it."""
    with database.door("web"), clock.stopped(more.pop("at", NOON)):
        return verb(*what, actor=ADA, **more)


def test_a_new_key_opens_the_door_for_its_source(shop: Shop) -> None:
    key = act(write_keys.make, shop.till.id)

    assert opens(key.key, at=NOON) == shop.till


def test_a_replaced_key_goes_on_for_a_while(shop: Shop) -> None:
    old = act(write_keys.make, shop.till.id)

    new = act(write_keys.rotate, old.pk, overlap=WEEK)

    for days, still in ((0, True), (6, True), (7, False)):
        assert (opens(old.key, at=NOON + timedelta(days=days)) is not None) == still
        assert opens(new.key, at=NOON + timedelta(days=days)) == shop.till


def test_a_key_is_replaced_once(shop: Shop) -> None:
    old = act(write_keys.make, shop.till.id)
    act(write_keys.rotate, old.pk, overlap=WEEK)

    with pytest.raises(write_keys.WriteKeyOver):
        act(write_keys.rotate, old.pk, overlap=WEEK)


def test_a_revoked_key_opens_nothing_from_now_on(shop: Shop) -> None:
    key = act(write_keys.make, shop.till.id)

    act(write_keys.revoke, key.pk)
    act(write_keys.revoke, key.pk, at=NOON + WEEK)

    assert opens(key.key, at=NOON) is None
    with database.door("web"):
        assert WriteKey.objects.get(pk=key.pk).revoked_at == NOON


def test_the_last_use_is_kept_with_one_write_in_five_minutes(shop: Shop) -> None:
    key = act(write_keys.make, shop.till.id)
    writes = []

    for seconds in (0, 1, 299, 301, 302):
        with CaptureQueriesContext(connection) as asked:
            opens(key.key, at=NOON + timedelta(seconds=seconds))
        writes.append(sum("UPDATE" in each["sql"] for each in asked.captured_queries))

    assert writes == [1, 0, 0, 1, 0]
    with database.door("web"):
        assert WriteKey.objects.get().last_used_at == NOON + timedelta(seconds=301)


def test_what_is_done_with_keys_is_on_the_record_without_the_key(shop: Shop) -> None:
    old = act(write_keys.make, shop.till.id)
    new = act(write_keys.rotate, old.pk, overlap=WEEK)
    act(write_keys.revoke, new.pk)

    with database.as_role(Role.AUDIT):
        entries = list(Inbox.objects.filter(act__startswith="write_key.").order_by("id"))
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("write_key.made", str(ADA)),
        ("write_key.rotated", str(ADA)),
        ("write_key.revoked", str(ADA)),
    ]
    assert not [entry for entry in entries if old.key in entry.detail + entry.obj]


def test_another_workspace_s_source_and_keys_are_not_there(shop: Shop) -> None:
    with database.door("web"):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
        with database.in_workspace(outlet.pk):
            theirs = Source.objects.create(key="till", name="Till")
            their_key = write_keys.make(theirs.pk, actor=ADA)

    with pytest.raises(write_keys.NoSuchSource):
        act(write_keys.make, theirs.pk)
    for verb, more in ((write_keys.revoke, {}), (write_keys.rotate, {"overlap": WEEK})):
        with pytest.raises(write_keys.NoSuchWriteKey):
            act(verb, their_key.pk, **more)
    with database.door("web"):
        assert their_key not in write_keys.in_force(NOON)


def test_the_platform_s_own_source_takes_no_key(shop: Shop) -> None:
    with database.door("web"):
        own = Source.objects.get(key=find.PLATFORM)

    with pytest.raises(write_keys.PlatformTakesNoKey):
        act(write_keys.make, own.pk)
