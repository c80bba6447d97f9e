"""Contacts and their outcomes: what counts as an answer, and what is not known yet."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import builds, integers, lists, none, one_of, sampled_from

from profiles.scoring.examples import Contact, Response, closes_at, label
from profiles.scoring.registry import ResponseMapping

MEI, JONAS = UUID(int=1), UUID(int=2)
MAPPING = ResponseMapping(horizon_days=30, grace_hours=24, history_days=10)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def outcome(contact: Contact, *responses: Response, as_of: datetime = START + 400 * DAY) -> object:
    """Return the label of one contact, or why it is left out."""
    found = label([contact], responses, mapping=MAPPING, log_from=START, as_of=as_of)
    return found.answered[0] if found.answered else next(iter(found.skipped))


CONTACT = Contact(MEI, START + 20 * DAY, "spring", "A")


def test_an_answer_to_the_same_campaign_counts() -> None:
    assert outcome(CONTACT, Response(MEI, CONTACT.at + DAY, "spring")) is True


@pytest.mark.parametrize(
    "response",
    [
        Response(MEI, CONTACT.at + DAY, "autumn"),
        Response(JONAS, CONTACT.at + DAY, "spring"),
        Response(MEI, CONTACT.at, "spring"),
        Response(MEI, CONTACT.at + 30 * DAY + timedelta(microseconds=1), "spring"),
    ],
    ids=["another campaign", "another person", "not after the contact", "too late"],
)
def test_anything_else_does_not(response: Response) -> None:
    assert outcome(CONTACT, response) is False


def test_the_last_instant_of_the_horizon_still_counts() -> None:
    assert outcome(CONTACT, Response(MEI, CONTACT.at + 30 * DAY, "spring")) is True


def test_a_contact_that_may_still_be_answered_is_left_out() -> None:
    just_before = closes_at(CONTACT, MAPPING) - timedelta(microseconds=1)

    assert outcome(CONTACT, as_of=just_before) == "still_open"
    assert outcome(CONTACT, as_of=just_before + timedelta(microseconds=1)) is False


def test_a_contact_with_little_log_before_it_is_left_out() -> None:
    early = Contact(MEI, START + 10 * DAY - timedelta(microseconds=1), "spring", "A")

    assert outcome(early) == "too_early"
    assert outcome(Contact(MEI, START + 10 * DAY, "spring", "A")) is False


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ("2026-01-25", datetime(2026, 1, 27, tzinfo=UTC)),
        ("2026-09-01", CONTACT.at + 30 * DAY),
        ("2026-01-01", CONTACT.at + 30 * DAY),
        ("2026-02-31", CONTACT.at + 30 * DAY),
        ("soon", CONTACT.at + 30 * DAY),
        (None, CONTACT.at + 30 * DAY),
    ],
    ids=["named day and a day of grace", "horizon first", "before", "no such day", "text", "none"],
)
def test_an_offer_closes_on_its_day_or_with_the_horizon(
    closes: str | None, expected: datetime
) -> None:
    assert closes_at(Contact(MEI, CONTACT.at, "spring", "A", closes), MAPPING) == expected


moments = integers(0, 100).map(lambda hours: START + timedelta(hours=17 * hours))
subjects, campaigns = sampled_from([MEI, JONAS]), sampled_from(["spring", "autumn"])
days = one_of(none(), integers(0, 80).map(lambda n: f"{START + n * DAY:%Y-%m-%d}"))
contacts = lists(builds(Contact, subjects, moments, campaigns, sampled_from(["A", "B"]), days))
responses = lists(builds(Response, subjects, moments, campaigns))


@given(contacts=contacts, responses=responses, as_of=moments, log_from=moments)
def test_labels_equal_those_found_by_looking_at_every_pair(
    contacts: list[Contact], responses: list[Response], as_of: datetime, log_from: datetime
) -> None:
    found = label(contacts, responses, mapping=MAPPING, log_from=log_from, as_of=as_of)

    expected = []
    for contact in contacts:
        last = contact.at + timedelta(days=30)
        if contact.closes:
            day = datetime.fromisoformat(f"{contact.closes}T00:00:00+00:00")
            if contact.at < day + 2 * DAY < last:
                last = day + 2 * DAY
        if contact.at - log_from >= 10 * DAY and last <= as_of:
            hits = [
                r
                for r in responses
                if (r.subject, r.match) == (contact.subject, contact.match)
                and contact.at < r.at <= last
            ]
            expected.append((contact, bool(hits)))
    assert list(zip(found.contacts, found.answered, strict=True)) == expected
    assert len(found.contacts) + sum(found.skipped.values()) == len(contacts)


def test_an_empty_log_teaches_nothing() -> None:
    found = label([CONTACT], [], mapping=MAPPING, log_from=None, as_of=START + 400 * DAY)

    assert found.contacts == []
    assert found.skipped == {"too_early": 1}
