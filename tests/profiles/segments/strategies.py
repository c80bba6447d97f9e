"""Random rules over the random world."""

from typing import Any

from hypothesis import strategies as st

from tests.profiles.segments.world import (
    AMOUNTS,
    BRANDS,
    CELLS,
    DEPARTMENTS,
    HOMES,
    ITEMS,
    SEGMENTS,
)

Rules = st.SearchStrategy[dict[str, Any]]
ORDERED = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])
KNOWING = st.sampled_from(["exists", "missing"])


def numeric(values: st.SearchStrategy[Any]) -> Rules:
    """Return comparisons of a number."""
    ranges = st.tuples(values, values).map(sorted)
    lists = st.lists(values, min_size=1, max_size=3)
    return st.one_of(
        st.builds(_with, ORDERED, values),
        st.builds(_with, st.just("between"), ranges),
        st.builds(_with, st.sampled_from(["in", "not_in"]), lists),
    )


def textual(values: st.SearchStrategy[str]) -> Rules:
    """Return comparisons of a text."""
    lists = st.lists(values, min_size=1, max_size=3)
    parts = values.map(lambda text: text[:2])
    return st.one_of(
        st.builds(_with, st.sampled_from(["eq", "ne"]), values),
        st.builds(_with, st.just("contains"), parts),
        st.builds(_with, st.sampled_from(["in", "not_in"]), lists),
        known(),
    )


def known() -> Rules:
    """Return questions whether there is a value."""
    return KNOWING.map(lambda op: {"op": op})


def _with(op: str, value: Any) -> dict[str, Any]:
    return {"op": op, "value": value}


def _leaf(base: dict[str, Any], tests: Rules) -> Rules:
    return tests.map(lambda test: {**base, **test})


COUNTS = st.sampled_from([0, 1, 2, 3, 3.5])
MOMENTS = st.one_of(
    st.builds(_with, st.just("within_last"), st.sampled_from([1, 7, 30])),
    st.builds(
        _with,
        st.sampled_from(["before", "after"]),
        st.sampled_from(["2026-06-08", "2026-06-08T12:00:00+00:00", "2026-05-16"]),
    ),
    known(),
)
TRAITS = st.one_of(
    _leaf({"trait": "orders"}, st.one_of(numeric(COUNTS), known())),
    _leaf({"trait": "rfm_cell"}, textual(st.sampled_from(CELLS))),
    _leaf({"trait": "home_ownership"}, textual(st.sampled_from(HOMES))),
    _leaf({"trait": "last_order_at"}, MOMENTS),
    _leaf(
        {"trait": "favorite_departments"},
        st.one_of(st.builds(_with, st.just("contains"), st.sampled_from(ITEMS)), known()),
    ),
)
SCORES = st.one_of(
    _leaf({"score": "churn"}, st.one_of(numeric(st.sampled_from([0, 0.25, 0.7])), known())),
    _leaf({"score": "churn", "of": "band"}, textual(st.sampled_from(["a", "b"]))),
)
WINDOW_CHOICES: list[Any] = [
    "all",
    {"last_days": 1},
    {"last_days": 7},
    {"last_days": 30},
    {"from": "2026-06-08"},
    {"from": "2026-05-16T12:00:00+00:00", "to": "2026-06-08"},
    {"to": "2026-06-14T12:00:00+00:00"},
    {"to": "2026-06-20"},
]
WINDOWS = st.sampled_from(WINDOW_CHOICES)
LINE_TESTS = st.one_of(
    _leaf(
        {"property": "department"},
        textual(st.sampled_from([text for text in DEPARTMENTS if text])),
    ),
    _leaf({"property": "brand"}, textual(st.sampled_from(BRANDS))),
    _leaf({"property": "quantity"}, numeric(st.sampled_from([0, 1, 2.5]))),
    _leaf({"property": "amount_minor"}, numeric(st.sampled_from(AMOUNTS))),
)
PROPERTY_TESTS = _leaf(
    {"property": "x"},
    st.one_of(
        textual(st.sampled_from(["a", "5"])), numeric(st.sampled_from([5, 5.5, 0, 1e15])), known()
    ),
)


def _events(name: st.SearchStrategy[str], tests: Rules | None) -> Rules:
    measured = st.one_of(
        st.builds(
            lambda measure, test: {"measure": measure, **test},
            st.sampled_from(["count", "distinct_days", "last_days_ago"]),
            numeric(st.sampled_from([0, 1, 2, 7, 8, 30])),
        ),
        numeric(st.sampled_from([0, 250, 2249, 10_000])).map(
            lambda test: {"measure": "sum", **test}
        ),
    )
    where = st.lists(tests, max_size=2) if tests is not None else st.just([])
    return st.builds(
        lambda event, where, window, test: {
            "event": event, "where": where, "window": window, **test,
        },
        name, where, WINDOWS, measured,
    )  # fmt: skip


EVENTS = st.one_of(
    _events(st.just("Order Completed"), LINE_TESTS),
    _events(
        st.sampled_from(["Product Viewed", "Coupon Redeemed", "Order Refunded"]), PROPERTY_TESTS
    ),
    _events(st.just("any"), None),
)
SEGMENT_LEAVES = st.builds(
    lambda segment, inside: {"segment": str(segment), "in": inside},
    st.sampled_from(SEGMENTS),
    st.booleans(),
)
BUCKETS = st.builds(
    lambda salt, start: {"bucket": salt, "from": start, "to": start + 4_000},
    st.sampled_from(["spring", "it's"]),
    st.sampled_from([0, 3_000, 6_000]),
)
LEAVES = st.one_of(TRAITS, EVENTS, SCORES, SEGMENT_LEAVES, BUCKETS)
NODES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=4).map(lambda several: {"all": several}),
        st.lists(parts, min_size=1, max_size=4).map(lambda several: {"any": several}),
        parts.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)
RULES = NODES.map(lambda node: {"version": 1, "where": node})
