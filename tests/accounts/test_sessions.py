"""A customer's session ends when it is idle, when it is old, and when they say so."""

from datetime import UTC, datetime, timedelta

import pytest

from cdp.accounts import sessions
from cdp.accounts.models import CustomerSession
from cdp.kernel import clock, database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Workspace

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_session_is_its_customers(workspace: Workspace) -> None:
    mei = uuid7()

    with database.door("portal"):
        token = sessions.begin(mei)

        assert sessions.whose(token) == mei
        assert sessions.whose("another token") is None


def test_a_session_ends_after_fifteen_idle_minutes(workspace: Workspace) -> None:
    with database.door("portal"):
        with clock.stopped(NOON):
            token = sessions.begin(uuid7())

        with clock.stopped(NOON + timedelta(minutes=14)):
            assert sessions.whose(token)
        with clock.stopped(NOON + timedelta(minutes=28)):  # 14 after the last request
            assert sessions.whose(token)
        with clock.stopped(NOON + timedelta(minutes=43)):
            assert sessions.whose(token) is None


def test_a_busy_session_ends_after_eight_hours(workspace: Workspace) -> None:
    with database.door("portal"):
        with clock.stopped(NOON):
            token = sessions.begin(uuid7())
        for minutes in range(10, 480, 10):
            with clock.stopped(NOON + timedelta(minutes=minutes)):
                assert sessions.whose(token)

        with clock.stopped(NOON + timedelta(hours=8)):
            assert sessions.whose(token) is None


def test_a_session_that_was_ended_stays_ended(workspace: Workspace) -> None:
    with database.door("portal"):
        token = sessions.begin(uuid7())
        sessions.end(token)
        sessions.end(token)

        assert sessions.whose(token) is None


def test_the_token_is_not_stored(workspace: Workspace) -> None:
    with database.door("portal"):
        token = sessions.begin(uuid7())

        assert token.encode() not in bytes(CustomerSession.objects.get().digest)
