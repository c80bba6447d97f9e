"""
Generated contact details for the households of the sample, labelled generated. Pure.

The sample holds no identifiers. Each household gets one made-up person, the same one every time:
e-mail addresses end in reserved domains, US numbers use the exchange 555, and nothing here
belongs to anybody. `CHARACTERS` are the people that the README and the tests speak about.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from cdp.demo.calls import GENERATED, Call, identify, stamp
from cdp.demo.names import CHINESE_NAMES, CHINESE_PLACES, FIRST_NAMES, LAST_NAMES, PLACES, STREETS

SEED = "candor-demo-people-1"
DOMAINS = ("example.com", "example.org", "mail.example")
REGISTRATION_OPENS = datetime(2016, 10, 1, 13, tzinfo=UTC)
REGISTRATION = timedelta(days=31)  # before the first campaign contact, 2016-11-14
CHINESE_RATIO = 0.15
IN_CHINA_RATIO = 0.35  # of those with a Chinese name; the others live in the US
MINOR_RATIO = 0.008  # of those whose age band the sample does not record
ADULT_AGES = (19, 84)
MINOR_AGES = (13, 17)
OLDEST = 88


class Stance(StrEnum):
    """What a person says when asked about marketing by e-mail."""

    PERMITS = "permits"
    REFUSES = "refuses"
    NEVER_ASKED = "never_asked"
    WITHDRAWS = "withdraws"


@dataclass(frozen=True, slots=True)
class Character:
    """A person of the story, on a household whose purchases fit."""

    household: int
    first_name: str
    last_name: str
    email: str
    language: str
    age: int
    stance: Stance
    in_china: bool = False


CHARACTERS = (
    # All five spent well and stopped buying 32 to 45 days before the end, so that one segment
    # holds them all; who of them may be written to depends on what they said and on their age.
    Character(1012, "梅", "陈", "mei.chen@example.com", "zh", 38, Stance.PERMITS, in_china=True),
    Character(1270, "Jonas", "Weber", "jonas.weber@example.com", "en", 47, Stance.REFUSES),
    Character(2203, "Sofia", "Rossi", "sofia.rossi@example.org", "en", 49, Stance.PERMITS),
    Character(391, "Noor", "Haddad", "noor.haddad@mail.example", "en", 66, Stance.NEVER_ASKED),
    Character(1145, "Leo", "Miller", "leo.miller@example.com", "en", 15, Stance.PERMITS),
)
CHARACTER_OF: Mapping[int, Character] = {each.household: each for each in CHARACTERS}


@dataclass(frozen=True, slots=True)
class Person:
    """Made-up contact details; `phone` is E.164, `language` is en or zh."""

    household: int
    first_name: str
    last_name: str
    name: str
    email: str
    phone: str
    address: dict[str, str]
    born_on: date
    language: str

    def traits(self) -> dict[str, Any]:
        """Return the traits of an identify call."""
        return {
            "email": self.email,
            "phone": self.phone,
            "name": self.name,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "address": self.address,
            "birthday": self.born_on.isoformat(),
            "language": self.language,
        }


def identifies(
    households: Iterable[int], *, age_bands: Mapping[int, str], ages_on: date, shift_days: int
) -> Iterator[Call]:
    """Yield one identify call per household, at its registration; see `make_person`."""
    for household in households:
        person = make_person(household, age_band=age_bands.get(household), ages_on=ages_on)
        at = stamp(registered_at(household), shift_days=shift_days)
        name = f"person:{household}"
        yield identify(household, name=name, at=at, traits=person.traits(), context=GENERATED)


def registered_at(household: int) -> datetime:
    """Return when `household` signed up for its loyalty card, on the sample's own calendar."""
    second = chance(household, "registration").randrange(int(REGISTRATION.total_seconds()))
    return REGISTRATION_OPENS + timedelta(seconds=second)


def make_person(household: int, *, age_band: str | None, ages_on: date) -> Person:
    """
    Return the person of `household`, equal for equal arguments.

    `age_band` is the sample's ("45-54", "65+"; None: unknown) and is kept; ages hold on
    `ages_on`, so that a fifteen-year-old is one on the day of the first load.
    """
    random = chance(household, "person")
    if character := CHARACTER_OF.get(household):
        return _from_character(character, random, ages_on=ages_on)
    if random.random() < CHINESE_RATIO:
        last_name, first_name, spelled = _chinese_name(random)
        in_china = random.random() < IN_CHINA_RATIO
        name, language = f"{last_name}{first_name}", "zh"
    else:
        first_name, last_name = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        spelled = f"{first_name}.{last_name}"
        in_china, name, language = False, f"{first_name} {last_name}", "en"
    place, phone = _reach(household, random, in_china=in_china)
    return Person(
        household=household,
        first_name=first_name,
        last_name=last_name,
        name=name,
        email=f"{to_ascii(spelled)}{household}@{random.choice(DOMAINS)}",
        phone=phone,
        address=place,
        born_on=born_on(_draw_age(random, age_band), on=ages_on, days=random.randint(2, 365)),
        language=language,
    )


def born_on(age: int, *, on: date, days: int) -> date:
    """
    Return a birth date of somebody who is `age` years old on `on`.

    `days` (2..365) is how much of the year in which that holds is over.
    """
    day = 28 if (on.month, on.day) == (2, 29) else on.day  # most years have no such day
    return date(on.year - age - 1, on.month, day) + timedelta(days=days)


def to_ascii(name: str) -> str:
    """Return `name` in the letters of an e-mail address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum() or letter == ".")


def chance(household: int, about: str) -> Random:
    """Return the source of chance for one question about one household."""
    return Random(f"{SEED}:{about}:{household}")  # noqa: S311  (made-up people)


def _from_character(character: Character, random: Random, *, ages_on: date) -> Person:
    place, phone = _reach(character.household, random, in_china=character.in_china)
    first_name, last_name = character.first_name, character.last_name
    joined = f"{last_name}{first_name}" if character.in_china else f"{first_name} {last_name}"
    return Person(
        household=character.household,
        first_name=first_name,
        last_name=last_name,
        name=joined,
        email=character.email,
        phone=phone,
        address=place,
        # Had their birthday a month ago: nobody's age changes while the demo is looked at.
        born_on=born_on(character.age, on=ages_on, days=335),
        language=character.language,
    )


def _chinese_name(random: Random) -> tuple[str, str, str]:
    """Return family name, given name and both spelled in pinyin."""
    families, givens = CHINESE_NAMES
    family, given = random.choice(families), random.choice(givens)
    return family[0], given[0], f"{given[1]}.{family[1]}"


def _reach(household: int, random: Random, *, in_china: bool) -> tuple[dict[str, str], str]:
    """Return a postal address and a phone number of the same region."""
    line = (household * 7919 + 4242) % 10_000  # prime to 10,000: no two households share a line
    if in_china:
        city, province, code, road = random.choice(CHINESE_PLACES)
        street = f"{road}{random.randint(1, 299)}号"
        phone = f"+861390000{line:04d}"
        country = "CN"
    else:
        city, province, code, area = random.choice(PLACES)
        street = f"{random.randint(100, 9899)} {random.choice(STREETS)}"
        phone = f"+1{area}555{line:04d}"
        country = "US"
    address = {
        "street": street,
        "city": city,
        "state": province,
        "postal_code": code,
        "country": country,
    }
    return address, phone


def _draw_age(random: Random, band: str | None) -> int:
    """Return an age inside the recorded band, else mostly an adult's."""
    if band is None:
        ages = MINOR_AGES if random.random() < MINOR_RATIO else ADULT_AGES
        return random.randint(*ages)
    youngest, _, oldest = band.partition("-")
    return random.randint(int(youngest.rstrip("+")), int(oldest or OLDEST))
