"""What an answer leads to, and that no answer leads off the map."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.delivery.states import (
    MAX_TRIES,
    NO_ANSWER,
    NO_ANSWER_FINAL,
    REPEAT,
    WAYS,
    Answer,
    State,
    has_time,
    settle,
    wait,
)

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
answers = st.sampled_from(list(Answer))


def test_an_accepted_message_is_sent() -> None:
    settled = settle(Answer.ACCEPTED, tries=1, was="", provider_id="<id>")

    assert (settled.state, settled.provider_id) == (State.SENT, "<id>")


def test_a_temporary_refusal_waits_longer_each_time_and_then_gives_up() -> None:
    """Case 41."""
    settled = [
        settle(Answer.TRY_AGAIN, tries=tries, was="", reason="away") for tries in range(1, 9)
    ]

    waits = [each.wait for each in settled[:-1]]
    assert waits == sorted(waits) and waits[0] == timedelta(seconds=20)
    assert [each.state for each in settled] == [State.QUEUED] * 7 + [State.DEAD]
    assert settled[-1].reason == "away"


def test_no_answer_is_unknown_and_a_second_one_is_final() -> None:
    """Case 40: never more than once more, and only where the far side knows a repeat."""
    first = settle(Answer.NO_ANSWER, tries=1, was="")
    second = settle(Answer.NO_ANSWER, tries=2, was=REPEAT)

    assert (first.state, first.reason) == (State.UNKNOWN, NO_ANSWER)
    assert (second.state, second.reason) == (State.UNKNOWN, NO_ANSWER_FINAL)


def test_a_repeat_stays_a_repeat_while_it_waits() -> None:
    assert settle(Answer.TRY_AGAIN, tries=3, was=REPEAT, reason="away").reason == REPEAT
    assert settle(Answer.NOT_CALLED, tries=3, was=REPEAT).reason == REPEAT


def test_what_was_not_called_costs_no_try() -> None:
    settled = settle(Answer.NOT_CALLED, tries=MAX_TRIES, was="")

    assert (settled.state, settled.tries) == (State.QUEUED, MAX_TRIES - 1)


@given(answers, st.integers(1, 20), st.sampled_from(["", REPEAT, "away"]), st.floats(0, 1))
def test_every_answer_leads_along_a_way_of_the_map(
    answer: Answer, tries: int, was: str, jitter: float
) -> None:
    settled = settle(answer, tries=tries, was=was, reason="r", jitter=jitter)

    before = State.CLAIMED if answer is Answer.NOT_WRITTEN else State.CALLING
    assert settled.state in WAYS[before]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(tries: int, jitter: float) -> None:
    """Case 41."""
    assert timedelta(seconds=10) <= wait(tries, jitter) <= timedelta(minutes=15)


def test_a_call_is_made_only_if_its_longest_wait_ends_before_the_lease() -> None:
    assert has_time(NOON + timedelta(seconds=16), now=NOON, patience_seconds=10)
    assert not has_time(NOON + timedelta(seconds=15), now=NOON, patience_seconds=10)
