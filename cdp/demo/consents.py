"""
What the demo's people say about their data, as events of a consent authority. Pure.

Chance is seeded per household, so a person says the same every time. The shares follow what a
loyalty program sees: most say yes when they register, some refuse, some were never asked, and
some change their mind within the year.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from cdp.demo.calls import GENERATED, Call, stamp, track
from cdp.demo.people import CHARACTER_OF, Stance, chance, registered_at

EVENT = "Segment Consent Preference Updated"
EMAIL = "marketing.email"
SMS = "marketing.sms"
SEGMENTATION = "profiling.segmentation"
SCORING = "profiling.scoring"
RECOMMEND = "recommend"
TRAINING = "train_model"
PURPOSES = (EMAIL, SMS, SEGMENTATION, SCORING, RECOMMEND, TRAINING)

# Share of all people by what they say about e-mail.
STANCES = {
    Stance.PERMITS: 0.65,
    Stance.REFUSES: 0.12,
    Stance.NEVER_ASKED: 0.15,
    Stance.WITHDRAWS: 0.08,
}
# Who permits segmentation, by stance; together 72 % of all people.
SEGMENTATION_RATIO = {Stance.PERMITS: 0.93, Stance.REFUSES: 0.43, Stance.WITHDRAWS: 0.80}
# The rest builds on segmentation: shares of those who permit it, where nothing else is said.
SCORING_RATIO = 0.944  # 68 % of all
TRAINING_RATIO = 0.882  # of those who permit scoring: 60 % of all
RECOMMEND_RATIO = 0.917  # 66 % of all
SMS_RATIO = 0.46  # of those who permit e-mail: 30 % of all

READING = timedelta(minutes=1)  # from the registration to the decision
WITHDRAWALS_FROM = datetime(2017, 2, 1, 14, tzinfo=UTC)
WITHDRAWALS = timedelta(days=330)  # up to 2017-12-28


@dataclass(frozen=True, slots=True)
class Statement:
    """What one person said at one time, on the sample's calendar; other purposes stay as is."""

    name: str
    said_at: datetime
    preferences: Mapping[str, bool]


def draw_stance(household: int) -> Stance:
    """Return what the person of `household` says about e-mail."""
    if character := CHARACTER_OF.get(household):
        return character.stance
    random = chance(household, "stance")
    return random.choices(list(STANCES), weights=list(STANCES.values()))[0]


def decide(household: int) -> tuple[Statement, ...]:
    """Return the person's statements in the order of time; none if they were never asked."""
    stance = draw_stance(household)
    if stance is Stance.NEVER_ASKED:
        return ()
    random = chance(household, "consent")
    first = Statement(
        name="registration",
        said_at=registered_at(household) + READING,
        preferences=_answers(household, stance, random),
    )
    if stance is not Stance.WITHDRAWS:
        return (first,)
    later = timedelta(seconds=random.randrange(int(WITHDRAWALS.total_seconds())))
    return (first, Statement("withdrawal", WITHDRAWALS_FROM + later, {EMAIL: False}))


def updates(households: Iterable[int], *, shift_days: int) -> Iterator[Call]:
    """Yield one call per statement of `households`, in the order of time."""
    said = [(statement, household) for household in households for statement in decide(household)]
    for statement, household in sorted(said, key=lambda pair: (pair[0].said_at, pair[1])):
        yield track(
            EVENT,
            household,
            name=f"consent:{household}:{statement.name}",
            at=stamp(statement.said_at, shift_days=shift_days),
            properties={},
            context={
                **GENERATED,
                "consent": {"categoryPreferences": dict(statement.preferences)},
            },
        )


def _answers(household: int, stance: Stance, random: Random) -> dict[str, bool]:
    """Return an answer to each purpose; the characters mean what they say about all of them."""
    if household in CHARACTER_OF:
        return dict.fromkeys(PURPOSES, stance is Stance.PERMITS)
    email = stance is not Stance.REFUSES
    segmentation = random.random() < SEGMENTATION_RATIO[stance]
    scoring = segmentation and random.random() < SCORING_RATIO
    return {
        EMAIL: email,
        SMS: stance is Stance.PERMITS and random.random() < SMS_RATIO,
        SEGMENTATION: segmentation,
        SCORING: scoring,
        RECOMMEND: segmentation and random.random() < RECOMMEND_RATIO,
        TRAINING: scoring and random.random() < TRAINING_RATIO,
    }
