"""Values as they read in a message."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.messages.fields import Shape
from campaigns.messages.written import language_of, write

LATE = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spoken", "chosen"),
    [("zh", "zh-hans"), ("zh-CN", "zh-hans"), ("en-US", "en"), ("", "en"), ("fr", "en")],
)
def test_the_language_is_the_persons_or_else_english(spoken: str, chosen: str) -> None:
    assert language_of(spoken, ["en", "zh-hans"]) == chosen


def test_a_template_in_one_language_is_sent_in_it() -> None:
    assert language_of("en", ["zh-hans"]) == "zh-hans"


@pytest.mark.parametrize(
    ("language", "zone", "day"),
    [("en", "UTC", "1 May 2026"), ("en", "Asia/Shanghai", "2 May 2026"),
     ("zh-hans", "Asia/Shanghai", "2026年5月2日")],
)  # fmt: skip
def test_a_day_is_that_of_the_workspace(language: str, zone: str, day: str) -> None:
    assert write(LATE, Shape.DAY, language=language, zone=ZoneInfo(zone)) == day


def test_numbers_are_grouped_and_lists_joined() -> None:
    zone = ZoneInfo("UTC")

    assert write(1234.0, Shape.NUMBER, language="en", zone=zone) == "1,234"
    assert write(["A", "B"], Shape.TEXTS, language="en", zone=zone) == "A, B"
    assert write(["A", "B"], Shape.TEXTS, language="zh-hans", zone=zone) == "A、B"
