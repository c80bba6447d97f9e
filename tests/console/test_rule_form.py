"""The builder's rows and the rule they make, both ways."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from cdp.console import rule_form
from cdp.console.rule_form import Row, Typed
from profiles.segments import rules
from profiles.segments.rules import RuleRefused

BOUGHT = {
    "match": "all",
    "0-kind": "event",
    "0-event": "Order Completed",
    "0-property": "department",
    "0-values": "GROCERY, PRODUCE，GROCERY",
    "0-days": "90",
    "0-measure": "sum",
    "0-op": "gt",
    "0-value": "1,250.50",
    "1-kind": "event",
    "1-event": "Order Completed",
    "1-property": "",
    "1-days": "30",
    "1-measure": "count",
    "1-op": "eq",
    "1-value": "0",
}


def post(**changes: str) -> QueryDict:
    posted = QueryDict(mutable=True)
    posted.update({**BOUGHT, **changes})
    return posted


def test_the_story_of_the_issue_can_be_typed() -> None:
    rule = rule_form.rule(rule_form.read(post()), currency="USD")

    assert rule["where"]["all"] == [
        {
            "event": "Order Completed",
            "where": [{"property": "department", "op": "in", "value": ["GROCERY", "PRODUCE"]}],
            "window": {"last_days": 90},
            "measure": "sum",
            "op": "gt",
            "value": 125050,
        },
        {
            "event": "Order Completed",
            "where": [],
            "window": {"last_days": 30},
            "measure": "count",
            "op": "eq",
            "value": 0,
        },
    ]
    rules.parse(rule)


def test_amounts_follow_the_currency_s_own_minor_digits() -> None:
    typed = rule_form.read(post(**{"0-value": "1200"}))

    yen = rule_form.rule(typed, currency="JPY")["where"]["all"][0]["value"]
    dollars = rule_form.rule(typed, currency="USD")["where"]["all"][0]["value"]

    assert (yen, dollars) == (1200, 120000)


@pytest.mark.parametrize("typed", ["", "many", "1e400", "NaN"])
def test_what_is_no_number_is_refused_by_the_rule_and_names_its_row(typed: str) -> None:
    rule = rule_form.rule(rule_form.read(post(**{"1-value": typed})), currency="USD")

    with pytest.raises(RuleRefused) as refused:
        rules.parse(rule)
    assert refused.value.path.startswith("where.all.1")


def test_removed_rows_leave_no_hole() -> None:
    posted = post()
    for name in [name for name in posted if name.startswith("0-")]:
        del posted[name]

    typed = rule_form.read(posted)

    assert [row.days for row in typed.rows] == ["30"]


def test_an_unknown_kind_becomes_the_plain_one() -> None:
    assert rule_form.read(post(**{"0-kind": "<script>"})).rows[0].kind == "event"


def test_at_most_thirty_rows_are_read() -> None:
    posted = QueryDict(mutable=True)
    posted.update({f"{number}-kind": "trait" for number in range(100)})

    assert len(rule_form.read(posted).rows) == rule_form.MOST_ROWS


numbers = st.integers(0, 10**6).map(str)
words = st.lists(
    st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
    unique=True,
).map(", ".join)
events = st.builds(
    Row,
    kind=st.just("event"),
    property=st.sampled_from(["department", "brand"]),
    values=words,
    measure=st.sampled_from(["count", "sum", "distinct_days", "last_days_ago"]),
    days=st.one_of(st.just(""), st.integers(1, 400).map(str)),
    op=st.sampled_from(["ge", "gt", "le", "lt", "eq", "ne"]),
    value=numbers,
)
traits = st.one_of(
    st.builds(
        Row,
        kind=st.just("trait"),
        trait=st.sampled_from(["orders", "spend_minor", "rfm_r"]),
        op=st.sampled_from(["ge", "lt", "eq"]),
        value=numbers,
    ),
    st.builds(
        Row,
        kind=st.just("trait"),
        trait=st.just("rfm_cell"),
        op=st.sampled_from(["in", "not_in"]),
        chosen=st.just(("important_value", "general_value")),
    ),
    st.builds(
        Row,
        kind=st.just("trait"),
        trait=st.just("last_order_at"),
        op=st.sampled_from(["exists", "missing"]),
    ),
)
scores = st.builds(
    Row, kind=st.just("score"), op=st.sampled_from(["ge", "lt"]), value=st.integers(0, 100).map(str)
)


@given(rows=st.lists(st.one_of(events, traits, scores), min_size=1, max_size=6), any_=st.booleans())
def test_a_stored_rule_comes_back_as_the_rows_that_made_it(rows: list[Row], any_: bool) -> None:
    made = rule_form.rule(Typed("any" if any_ else "all", rows), currency="USD")
    stored = rules.document(rules.parse(made))

    shown = rule_form.rows_of(stored, currency="USD")

    assert shown is not None
    assert rule_form.rule(shown, currency="USD") == stored


@pytest.mark.parametrize(
    "where",
    [
        {"not": {"trait": "orders", "op": "ge", "value": 1}},
        {"all": [{"any": [{"trait": "orders", "op": "ge", "value": 1}]}]},
        {"all": [{"bucket": "salt", "from": 0, "to": 100}]},
        {"all": [{"trait": "orders", "op": "between", "value": [1, 5]}]},
    ],
)
def test_a_rule_that_rows_would_lose_something_of_is_not_shown_as_rows(where: object) -> None:
    assert rule_form.rows_of({"version": 1, "where": where}, currency="USD") is None
