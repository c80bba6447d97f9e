"""The window on the database: who permits is seen, who does not is not, whatever the way of access."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from cdp.kernel import database, windows
from cdp.kernel.windows import PurposeRequired
from consent.models import DataUse
from consent.purposes import UnknownPurpose
from consent.window import PurposeNested, purpose
from profiles.models import Profile
from tests.people import EVERYTHING, Customer, Shop


def rows(statement: str) -> set[UUID]:
    with database.cursor() as sql:
        sql.execute(statement)
        return {row[0] for row in sql.fetchall()}


READS: dict[str, Callable[[], set[UUID]]] = {
    "orm": lambda: {profile.subject_id for profile in Profile.objects.all()},
    "values": lambda: set(Profile.objects.values_list("subject_id", flat=True)),
    "iterator": lambda: {p.subject_id for p in Profile.objects.iterator(chunk_size=10)},
    "sql": lambda: rows("SELECT subject_id FROM profiles_profile"),
}


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_only_people_who_permit_the_purpose_are_read(
    read: Callable[[], set[UUID]], mei: Customer, jonas: Customer
) -> None:
    with purpose("marketing.email", actor="job:test/1"):
        assert read() == {mei.subject}

    with pytest.raises(PurposeRequired):
        read()
