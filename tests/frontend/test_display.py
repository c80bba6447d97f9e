"""How numbers, money, moments and states are written."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.template import Context, Template
from django.utils import translation

from cdp.kernel import clock
from cdp.templatetags import display

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (128442, "128,442"),
        (0, "0"),
        (-1200, "-1,200"),
        (0.5, "0.5"),
        (3.0, "3"),
        (None, "–"),
    ],
)
def test_numbers_are_grouped(value: float | None, text: str) -> None:
    assert display.number(value) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (459603958, "USD", "$4,596,039.58"),
        (5, "USD", "$0.05"),
        (-1250, "EUR", "−€12.50"),
        (8120, "JPY", "JP¥8,120"),
        (1234567, "KWD", "1,234.567\u00a0KWD"),
        (None, "USD", "–"),
    ],
)
def test_money_shows_its_currency_and_its_own_minor_digits(
    minor: int | None, currency: str, text: str
) -> None:
    assert display.money(minor, currency) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.618, "61.8\u00a0%"), (0, "0.0\u00a0%"), (1, "100.0\u00a0%"), (None, "–")],
)
def test_percent_has_one_decimal(ratio: float | None, text: str) -> None:
    assert display.percent(ratio) == text


def test_a_share_of_nothing_is_a_dash_not_a_fault() -> None:
    assert display.share(1, 4) == "25.0\u00a0%"
    assert display.share(0, 0) == "–"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5\u00a0minutes ago"),
        (timedelta(minutes=59), "59\u00a0minutes ago"),
        (timedelta(hours=1), "2026-11-22 11:00"),
        (timedelta(minutes=-5), "2026-11-22 12:05"),
    ],
)
def test_only_the_last_hour_is_told_as_an_age(age: timedelta, text: str) -> None:
    with clock.stopped(NOON):
        shown = display.ago(NOON - age)

    assert f">{text}</time>" in shown
    assert (NOON - age).isoformat() in shown


def test_the_portal_writes_dates_as_its_reader_does() -> None:
    with translation.override("en"):
        english = display.long_moment(NOON)
    with translation.override("zh-hans"):
        chinese = display.long_moment(NOON)

    assert ">22 November 2026, 12:00<" in english
    assert ">2026年11月22日 12:00<" in chinese


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "under 1 s"),
        (5, "5\u00a0s"),
        (125, "2\u00a0min 5\u00a0s"),
        (7261, "2\u00a0h 1\u00a0min"),
    ],
)
def test_spans_show_their_two_largest_units(seconds: float, text: str) -> None:
    assert display.duration(seconds) == text


def test_a_short_id_is_the_end_of_the_id_which_is_what_differs() -> None:
    first = UUID("0192f0c1-2345-7000-8000-00000000aaaa")
    second = UUID("0192f0c1-2345-7000-8000-00000000bbbb")

    assert display.short_id(first) == "#0000aaaa"
    assert display.short_id(first) != display.short_id(second)


def test_a_state_shows_a_sign_and_a_word_beside_its_color() -> None:
    shown = Template('{% state_tag "failed" %}').render(Context())

    assert "tag-error" in shown
    assert "✕" in shown
    assert "failed" in shown


def test_a_withdrawal_is_a_choice_and_not_a_fault() -> None:
    kind, _, _ = display.STATES["withdrawn"]

    assert kind == "neutral"


def test_text_of_a_tag_is_escaped() -> None:
    shown = Template('{% tag "info" text %}').render(Context({"text": "<b>bold</b>"}))

    assert "<b>" not in shown


def test_chart_rows_pair_each_label_with_every_series() -> None:
    data = {"labels": ["a", "b"], "series": [{"values": [1, 2]}, {"values": [3, 4]}]}

    assert display.chart_rows(data) == [
        {"label": "a", "values": (1, 3)},
        {"label": "b", "values": (2, 4)},
    ]
