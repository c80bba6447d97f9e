"""Generated people: unique, valid, the same each time, and nobody's."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.demo import complete_journey as sample
from cdp.demo import people
from cdp.demo.people import CHARACTERS, Person, make_person

AGES_ON = date(2026, 3, 10)
DOMAINS = ("@example.com", "@example.org", "@mail.example")


def age_of(born_on: date, *, on: date) -> int:
    """Count birthdays, as a clerk would; who was born on a leap day waits for March."""
    had_it = (on.month, on.day) >= (born_on.month, born_on.day)
    return on.year - born_on.year - (not had_it)


@pytest.fixture(scope="module")
def everybody() -> Sequence[Person]:
    bands = sample.age_bands()
    return [
        make_person(household, age_band=bands.get(household), ages_on=AGES_ON)
        for household in sample.select_households()
    ]


def test_nobody_shares_an_address_or_a_number(everybody: Sequence[Person]) -> None:
    assert len({person.email for person in everybody}) == 2_469
    assert len({person.phone for person in everybody}) == 2_469


def test_numbers_are_valid_and_already_in_e164(everybody: Sequence[Person]) -> None:
    for person in everybody:
        number = phonenumbers.parse(person.phone)
        assert phonenumbers.is_valid_number(number)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert e164 == person.phone
    assert {person.phone[:3] for person in everybody} > {"+86"}


def test_mail_can_reach_nobody(everybody: Sequence[Person]) -> None:
    for person in everybody:
        assert person.email.endswith(DOMAINS)
        assert person.email.isascii()
        assert person.email == person.email.lower()


def test_some_people_read_chinese_and_have_a_chinese_name(everybody: Sequence[Person]) -> None:
    chinese = [person for person in everybody if person.language == "zh"]

    assert 0.12 < len(chinese) / len(everybody) < 0.18
    assert all(person.name == person.last_name + person.first_name for person in chinese)
    assert all("\u4e00" <= letter <= "\u9fff" for person in chinese for letter in person.name)


def test_a_few_people_are_minors_and_the_recorded_age_bands_hold(
    everybody: Sequence[Person],
) -> None:
    bands = sample.age_bands()
    minors = 0
    for person in everybody:
        age = age_of(person.born_on, on=AGES_ON)
        minors += age < 18
        if band := bands.get(person.household):
            youngest, _, oldest = band.partition("-")
            assert int(youngest.rstrip("+")) <= age <= int(oldest or 120)

    assert 5 <= minors <= 30


def test_the_same_household_is_the_same_person_each_time() -> None:
    call = partial(people.identifies, age_bands={7: "45-54"}, ages_on=AGES_ON, shift_days=2990)

    once = list(call([7, 8, 1012]))
    again = list(call([1012, 8, 7]))

    assert once == again[::-1]
    assert once[0]["messageId"] != once[1]["messageId"]


def test_an_identify_call_says_that_it_is_generated() -> None:
    call = next(people.identifies([1270], age_bands={}, ages_on=AGES_ON, shift_days=0))

    assert call["type"] == "identify"
    assert call["userId"] == "hh-1270"
    assert call["context"]["generated"] is True
    assert call["traits"].keys() == {
        "email",
        "phone",
        "name",
        "first_name",
        "last_name",
        "address",
        "birthday",
        "language",
    }
    assert call["traits"]["email"] == "jonas.weber@example.com"
    assert "2016-10-01" <= call["timestamp"] < "2016-11-02"


def test_the_characters_bought_what_their_story_needs() -> None:
    """Well over the median, nothing in the last 30 days, over 150 dollars in the last 90."""
    for character in CHARACTERS:
        orders = [
            (call["timestamp"], call["properties"]["revenue"])
            for call in sample.history([character.household], shift_days=0)
            if call["event"] == "Order Completed"
        ]

        recent = sum(revenue for at, revenue in orders if at >= "2017-10-04")
        assert len(orders) > 43, character.email
        assert max(at for at, _ in orders) < "2017-12-03", character.email
        assert recent > 150, character.email


def test_leo_is_fifteen_and_the_others_are_adults(everybody: Sequence[Person]) -> None:
    ages = {person.first_name: age_of(person.born_on, on=AGES_ON) for person in everybody[:5]}

    assert ages == {"梅": 38, "Jonas": 47, "Sofia": 49, "Noor": 66, "Leo": 15}


@given(
    age=st.integers(0, 100),
    on=st.dates(date(2015, 1, 1), date(2040, 12, 31)),
    days=st.integers(2, 365),
)
def test_a_birth_date_gives_the_age_it_was_made_for(age: int, on: date, days: int) -> None:
    assert age_of(people.born_on(age, on=on, days=days), on=on) == age


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("Renée.Gómez", "renee.gomez"), ("Zoë.O'Neil", "zoe.oneil"), ("mei.chen", "mei.chen")],
)
def test_names_are_spelled_for_mail(name: str, spelled: str) -> None:
    assert people.to_ascii(name) == spelled
