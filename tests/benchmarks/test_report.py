"""A ratio compares what ran side by side; times alone are for information."""

import json

import pytest

from cdp.benchmarks.report import Comparison, document, pace, spread, table


def comparison(*, ours: list[float], theirs: list[float], area: str = "vault") -> Comparison:
    return Comparison(area, "open", "SELECT", "address", "10 people", "Why.", ours, theirs)


def test_a_ratio_is_taken_round_by_round() -> None:
    slow_machine_in_the_second_round = comparison(ours=[2.0, 20.0, 3.0], theirs=[1.0, 10.0, 1.0])

    ratio = slow_machine_in_the_second_round.ratio

    assert (ratio.median, ratio.low, ratio.high) == (2.0, 2.0, 3.0)


def test_rounds_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = comparison(ours=[1.0, 2.0], theirs=[1.0]).ratio


def test_the_median_of_an_even_number_lies_in_the_middle() -> None:
    assert spread([4.0, 1.0, 2.0, 3.0]).median == 2.5


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.000_25, "250 µs (4,000/s)"), (0.02, "20 ms (50/s)"), (2.0, "2 s (0/s)")],
)
def test_a_pace_is_a_time_and_a_rate(seconds: float, shown: str) -> None:
    assert pace([seconds, seconds * 9, seconds / 9]) == shown


def test_the_table_names_each_area_once_with_its_ratios() -> None:
    found = [
        comparison(ours=[3.0], theirs=[2.0]),
        comparison(ours=[1.0], theirs=[4.0]),
        comparison(ours=[1.0], theirs=[1.0], area="audit"),
    ]

    lines = table(found).splitlines()

    assert [line for line in lines if line.isupper()] == ["VAULT", "AUDIT"]
    ratios = [line.split()[0] for line in lines if "×" in line]
    assert ratios == ["×1.50", "×0.25", "×1.00"]


def test_the_document_is_plain_json_with_the_facts_of_the_run() -> None:
    found = json.loads(json.dumps(document([comparison(ours=[2.0], theirs=[1.0])], fsync="on")))

    assert found["fsync"] == "on"
    assert found["comparisons"][0]["ratio"] == {"median": 2.0, "low": 2.0, "high": 2.0}
    assert found["comparisons"][0]["rounds"] == 1
