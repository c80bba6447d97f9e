"""What a message is told about a person: what the purpose may read, and no more."""

from zoneinfo import ZoneInfo

import pytest

from campaigns.messages import values
from campaigns.messages.values import Personal
from cdp.kernel import clock
from cdp.kernel.identifiers import uuid7
from consent.window import purpose
from profiles.traits.models import ComputedTrait
from tests.campaigns.conftest import WORKER
from tests.people import Customer

pytestmark = pytest.mark.django_db

KEYS = ["first_name", "rfm_group", "favorite_departments", "orders"]


@pytest.fixture
def known(mei: Customer) -> Customer:
    """Return Mei with traits that were computed for segments."""
    given = [
        {"key": "rfm_cell", "text": "important_value"},
        {"key": "favorite_departments", "items": ["TEA", "SOUP"]},
        {"key": "orders", "number": 12},
    ]
    with purpose("profiling.segmentation", actor=WORKER):
        for trait in given:
            ComputedTrait.objects.create(
                id=uuid7(), subject_id=mei.subject, as_of=clock.now(), **trait
            )
    return mei


def gathered(customer: Customer, key: str, *, concealed: bool = False) -> Personal:
    with purpose(key, actor=WORKER):
        return values.gather(
            [customer.subject], KEYS, written_in=["en", "zh-hans"], zone=ZoneInfo("UTC"),
            actor=WORKER, address_field="email", concealed=concealed,
        )[customer.subject]  # fmt: skip


def test_plain_marketing_reads_names_and_no_traits(known: Customer) -> None:
    assert gathered(known, "marketing.email").values == {"first_name": "Mei"}


def test_personalized_marketing_reads_traits_in_words(known: Customer) -> None:
    person = gathered(known, "marketing.email.personalized")

    assert person.address == known.email
    assert person.values == {
        "first_name": "Mei",
        "rfm_group": "Important value",
        "favorite_departments": "TEA, SOUP",
        "orders": "12",
    }


def test_concealed_values_show_that_there_is_one_and_not_which(known: Customer) -> None:
    person = gathered(known, "marketing.email.personalized", concealed=True)

    assert set(person.values.values()) == {"M***", values.HIDDEN}


def test_repr_shows_nothing_of_the_person(known: Customer) -> None:
    text = repr(gathered(known, "marketing.email"))

    assert "Mei" not in text and "canary" not in text
