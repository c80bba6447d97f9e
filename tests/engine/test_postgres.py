"""PostgreSQL as an engine: literals arrive unharmed, and people are seen in a window alone."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.engine import dialect, tables
from cdp.engine.postgres import PostgresEngine
from cdp.kernel.windows import PurposeRequired
from consent.window import purpose
from tests.engine.rows import one
from tests.people import EVERYTHING, Shop

ENGINE = PostgresEngine()
JSONB = ibis.udf.scalar.builtin(lambda text: None, name="jsonb", signature=((dt.string,), dt.json))
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)


@pytest.mark.django_db
def test_any_text_arrives_as_it_is() -> None:
    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(TEXTS)
    def arrives(text: str) -> None:
        assert one(text=ibis.literal(text)) == (text,)

    arrives()
    assert one(text=ibis.literal('it\'s 100% \\ "quoted" %s --')) == (
        'it\'s 100% \\ "quoted" %s --',
    )


@pytest.mark.django_db
def test_days_are_cut_in_the_zone_asked_for() -> None:
    late = ibis.literal(datetime(2026, 3, 8, 3, 30, tzinfo=UTC), type=dialect.INSTANT)

    assert one(
        utc=dialect.local_day(late, "UTC"), shop=dialect.local_day(late, "America/New_York")
    ) == (date(2026, 3, 8), date(2026, 3, 7))


@pytest.mark.django_db
def test_json_properties_are_numbers_or_texts_never_both() -> None:
    document = JSONB('{"n": 1e400, "t": "5", "nothing": null}')

    big = dialect.json_number(document, "n") > dialect.exact(1e15)
    row = one(
        big=big,
        text=dialect.json_text(document, "n"),
        number=dialect.json_number(document, "t"),
        nothing=dialect.json_present(document, "nothing"),
        absent=dialect.json_present(document, "absent"),
        there=dialect.json_present(document, "t"),
    )

    assert row == (True, None, None, None, None, True)


@pytest.mark.django_db
def test_whole_sums_are_whole_numbers() -> None:
    decimals = ibis.literal(Decimal("8000"), type="decimal(20, 0)")

    (value,) = one(value=decimals)

    assert (value, type(value)) == (8000, int)


@pytest.mark.django_db
def test_people_are_seen_in_a_window_and_nowhere_else(shop: Shop) -> None:
    mei = shop.welcome("mei", says=EVERYTHING)
    shop.welcome("jonas", says={"profiling.segmentation": False})
    people = tables.PROFILE.select("subject_id")

    with pytest.raises(PurposeRequired):
        ENGINE.rows(people)
    with purpose("profiling.segmentation", actor="sys:test"):
        seen = ENGINE.rows(people)

    assert seen == [(mei.subject,)]


def test_a_web_process_does_not_load_ibis() -> None:
    program = (
        "import sys, django; django.setup();"
        "import profiles.segments.tasks, profiles.segments.explain, profiles.traits.tasks;"
        "print('ibis' in sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert told.stdout.strip().splitlines()[-1] == "False"
