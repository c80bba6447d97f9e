"""What people say: realistic shares, stable answers, and events that a consent source sends."""

from collections import Counter
from collections.abc import Sequence

import pytest

from cdp.demo import complete_journey as sample
from cdp.demo import consents
from cdp.demo.consents import decide
from cdp.demo.people import CHARACTERS, registered_at

NEAR = 0.025


@pytest.fixture(scope="module")
def everybody() -> Sequence[int]:
    return sample.select_households()


def last_words(household: int) -> dict[str, bool]:
    """Return the latest answer per purpose."""
    said: dict[str, bool] = {}
    for statement in decide(household):
        said |= statement.preferences
    return said


def test_the_mix_leaves_most_people_reachable(everybody: Sequence[int]) -> None:
    kinds: Counter[str] = Counter()
    for household in everybody:
        answers = [
            statement.preferences["marketing.email"]
            for statement in decide(household)
            if "marketing.email" in statement.preferences
        ]
        kinds[str(answers)] += 1

    shares = {kind: count / len(everybody) for kind, count in kinds.items()}
    assert shares == {
        "[True]": pytest.approx(0.65, abs=NEAR),
        "[False]": pytest.approx(0.12, abs=NEAR),
        "[]": pytest.approx(0.15, abs=NEAR),
        "[True, False]": pytest.approx(0.08, abs=NEAR),
    }


@pytest.mark.parametrize(
    ("purpose", "share"),
    [
        ("profiling.segmentation", 0.72),
        ("profiling.scoring", 0.68),
        ("train_model", 0.60),
        ("recommend", 0.66),
        ("marketing.sms", 0.30),
    ],
)
def test_each_purpose_is_permitted_by_its_share(
    everybody: Sequence[int], purpose: str, share: float
) -> None:
    permitted = sum(last_words(household).get(purpose, False) for household in everybody)

    assert permitted / len(everybody) == pytest.approx(share, abs=NEAR)


def test_scoring_needs_segmentation_and_training_needs_scoring(everybody: Sequence[int]) -> None:
    for household in everybody:
        said = last_words(household)
        if said.get("profiling.scoring"):
            assert said["profiling.segmentation"]
        if said.get("train_model"):
            assert said["profiling.scoring"]


def test_a_withdrawal_comes_after_the_grant_and_within_the_year(everybody: Sequence[int]) -> None:
    withdrawn = [decide(household) for household in everybody if len(decide(household)) > 1]

    assert len(withdrawn) > 100
    for granted, taken_back in withdrawn:
        assert granted.said_at < taken_back.said_at
        assert "2017-02" <= f"{taken_back.said_at:%Y-%m-%d}" < "2017-12-31"
        assert taken_back.preferences == {"marketing.email": False}


def test_people_answer_a_minute_after_they_register() -> None:
    statement = decide(1012)[0]

    assert (statement.said_at - registered_at(1012)).total_seconds() == 60


def test_an_update_is_an_event_of_a_consent_authority() -> None:
    (call,) = consents.updates([1012], shift_days=10)

    assert call["type"] == "track"
    assert call["event"] == "Segment Consent Preference Updated"
    assert call["userId"] == "hh-1012"
    assert call["context"]["generated"] is True
    assert call["context"]["consent"] == {
        "categoryPreferences": {
            "marketing.email": True,
            "marketing.sms": True,
            "profiling.segmentation": True,
            "profiling.scoring": True,
            "recommend": True,
            "train_model": True,
        }
    }


def test_updates_come_in_the_order_of_time_each_with_its_own_key(
    everybody: Sequence[int],
) -> None:
    calls = list(consents.updates(everybody, shift_days=0))

    stamps = [call["timestamp"] for call in calls]
    assert stamps == sorted(stamps)
    assert len({call["messageId"] for call in calls}) == len(calls)
    assert calls == list(consents.updates(everybody[::-1], shift_days=0))


def test_each_character_says_what_the_story_says() -> None:
    said = {
        character.email.split(".")[0]: last_words(character.household) for character in CHARACTERS
    }

    assert set(said["mei"].values()) == {True}
    assert set(said["sofia"].values()) == {True}
    assert set(said["leo"].values()) == {True}
    assert set(said["jonas"].values()) == {False}
    assert said["noor"] == {}
