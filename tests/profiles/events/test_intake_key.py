"""The intake key lives a day, is destroyed once nothing needs it, and both are on the record."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import ProgrammingError, transaction

from audit.models import Inbox
from cdp.kernel import clock, database, keyring
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from profiles import pipeline
from profiles.events import intake, intake_key
from profiles.events.intake_key import LIFE, OVERLAP
from tests.keys.conftest import own_keyring
from tests.people import Shop

__all__ = ["own_keyring"]  # a fixture

SECOND = timedelta(seconds=1)


def in_keyring() -> list[tuple[int, str]]:
    return [(key.id, key.state) for key in keyring.current().of(Use.INTAKE)]


def acts() -> list[tuple[str, str]]:
    with database.as_role(Role.AUDIT):
        found = Inbox.objects.filter(actor="sys:intake", act__startswith="key.").order_by("id")
        return [(entry.act, entry.obj) for entry in found]


def made_at() -> datetime:
    """Return when the active key was made; the keyring notes whole seconds."""
    return datetime.fromisoformat(keyring.current().active(Use.INTAKE).created)


def rotated(at: datetime) -> int | None:
    with database.as_role(Role.INGEST):
        return intake_key.rotate_if_due(as_of=at)


def destroyed(at: datetime) -> list[int]:
    with database.as_role(Role.INGEST):
        return intake_key.destroy_drained(as_of=at)


def test_a_key_lives_a_day_and_the_next_is_on_the_record(own_keyring: Path) -> None:
    begun = made_at()

    assert rotated(begun + LIFE - SECOND) is None
    assert rotated(begun + LIFE) == 2
    assert rotated(begun + LIFE) is None

    assert in_keyring() == [(1, "enabled"), (2, "active")]
    assert acts() == [("key.rotate", "key:intake:2")]


def test_a_former_key_is_destroyed_once_no_door_holds_it_and_nothing_waits_under_it(
    own_keyring: Path, shop: Shop
) -> None:
    with database.as_role(Role.INGEST):
        intake.accept_calls(shop.till, [{"type": "track", "event": "Tea Poured", "userId": "u1"}])
    begun = made_at() + LIFE
    rotated(begun)

    assert destroyed(begun + OVERLAP) == [], "a request waits under it"
    with database.as_role(Role.INGEST):
        pipeline.drain_once(shop.workspace.pk)
    assert destroyed(begun + OVERLAP - SECOND) == [], "a door may have read it a moment ago"
    assert destroyed(begun + OVERLAP) == [1]

    assert in_keyring() == [(2, "active")]
    assert acts() == [("key.rotate", "key:intake:2"), ("key.destroy", "key:intake:1")]


def test_a_key_that_waits_to_be_taken_up_is_no_former_one(own_keyring: Path) -> None:
    keyring.change(lambda ring: ring.with_waiting(Use.INTAKE, at=clock.now()))

    assert destroyed(made_at() + OVERLAP) == []

    assert in_keyring() == [(1, "active"), (2, "enabled")]


def test_what_cannot_be_put_on_the_record_changes_no_key(own_keyring: Path) -> None:
    begun = made_at() + LIFE
    with (
        database.as_role(Role.READ),  # may write no entry
        pytest.raises(ProgrammingError, match="audit_inbox"),
        transaction.atomic(),
    ):
        intake_key.rotate_if_due(as_of=begun)

    assert in_keyring() == [(1, "active")]
