"""Reading rules: what is refused and where, what stays the same."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.segments.rules import RuleRefused, canonical, digest, document, parse
from profiles.segments.tree import SegmentLeaf, leaves, segments_in
from tests.profiles.segments.strategies import RULES

ORDERS = {"trait": "orders", "op": "ge", "value": 3}
BOUGHT = {"event": "Order Completed", "measure": "count", "op": "ge", "value": 1}
LATELY = {"trait": "last_order_at", "op": "within_last"}
SEGMENT = "0198c0de-0000-7000-8000-000000000001"


def rule(where: object) -> dict[str, Any]:
    return {"version": 1, "where": where}


def refusal(given_rule: object) -> tuple[str, str]:
    with pytest.raises(RuleRefused) as refused:
        parse(given_rule)
    return refused.value.path, refused.value.problem


@given(RULES)
def test_a_rule_survives_writing_and_reading(given_rule: dict[str, Any]) -> None:
    tree = parse(given_rule)

    assert parse(document(tree)) == tree


@given(RULES, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_parts(
    given_rule: dict[str, Any], random: Any
) -> None:
    def shuffled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: shuffled(value) for key, value in node.items()}
        if isinstance(node, list) and node and isinstance(node[0], dict):
            parts = [shuffled(part) for part in node]
            random.shuffle(parts)
            return parts
        return node

    assert digest(parse(shuffled(given_rule))) == digest(parse(given_rule))


def test_different_rules_have_different_digests() -> None:
    assert canonical(parse(rule(ORDERS))) != canonical(parse(rule({**ORDERS, "value": 4})))
    assert digest(parse(rule(ORDERS))) != digest(parse(rule({"not": ORDERS})))


def test_defaults_are_written_out() -> None:
    assert document(parse(rule(BOUGHT)))["where"] == {**BOUGHT, "where": [], "window": "all"}


def test_leaves_come_with_their_paths_in_order_of_reading() -> None:
    tree = parse(
        rule({"all": [ORDERS, {"not": {"any": [BOUGHT, {"bucket": "s", "from": 0, "to": 1}]}}]})
    )

    assert [path for path, _ in leaves(tree)] == [
        "where.all.0", "where.all.1.not.any.0", "where.all.1.not.any.1",
    ]  # fmt: skip


def test_referred_segments_are_found_at_any_depth() -> None:
    tree = parse(rule({"not": {"any": [ORDERS, {"segment": SEGMENT, "in": False}]}}))

    assert [str(each) for each in segments_in(tree)] == [SEGMENT]
    assert any(isinstance(leaf, SegmentLeaf) for _, leaf in leaves(tree))


@pytest.mark.parametrize(
    ("where", "path", "problem"),
    [
        ({"trait": "shoe_size", "op": "eq", "value": 1}, "where.trait", "unknown_trait"),
        ({"trait": "orders", "op": "contains", "value": 1}, "where.op", "unfit_comparison"),
        ({"trait": "orders", "op": "ge", "value": "3"}, "where.value", "not_a_number"),
        ({"trait": "orders", "op": "ge", "value": True}, "where.value", "not_a_number"),
        ({**ORDERS, "value": float("nan")}, "where.value", "number_out_of_range"),
        ({"trait": "orders", "op": "ge", "value": 10**400}, "where.value", "number_out_of_range"),
        ({"trait": "orders", "op": "ge"}, "where.value", "value_missing"),
        ({"trait": "orders", "op": "exists", "value": 1}, "where.value", "takes_no_value"),
        ({"trait": "orders", "op": "roughly", "value": 1}, "where.op", "unknown_choice"),
        ({"trait": "orders", "op": ["ge"], "value": 1}, "where.op", "not_a_text"),
        ({"trait": "orders", "op": "between", "value": [1]}, "where.value", "not_a_range"),
        ({"trait": "orders", "op": "between", "value": [2, 1]}, "where.value", "empty_range"),
        ({"trait": "orders", "op": "in", "value": []}, "where.value", "not_a_list"),
        ({"trait": "orders", "op": "in", "value": [1, "a"]}, "where.value.1", "not_a_number"),
        ({"trait": "rfm_cell", "op": "eq", "value": ""}, "where.value", "value_missing"),
        ({"trait": "rfm_cell", "op": "eq", "value": "a" * 201}, "where.value", "text_too_long"),
        ({"trait": "rfm_cell", "op": "eq", "value": "a\x00b"}, "where.value", "unreadable_text"),
        ({"trait": "rfm_cell", "op": "eq", "value": "\ud800"}, "where.value", "unreadable_text"),
        ({"trait": "last_order_at", "op": "after", "value": "soon"}, "where.value", "not_a_time"),
        (
            {"trait": "last_order_at", "op": "after", "value": "2026-01-01T10:00"},
            "where.value", "time_without_zone",
        ),
        (
            {"trait": "last_order_at", "op": "after", "value": "0001-01-01T00:00:00+14:00"},
            "where.value", "number_out_of_range",
        ),
        ({**LATELY, "value": 0}, "where.value", "number_out_of_range"),
        ({**LATELY, "value": 1.5}, "where.value", "not_a_whole_number"),
        ({**ORDERS, "extra": 1}, "where", "unknown_field"),
        ({**BOUGHT, "measure": "median"}, "where.measure", "unknown_choice"),
        ({**BOUGHT, "op": "exists"}, "where.op", "unfit_comparison"),
        ({**BOUGHT, "window": {"last_days": "a"}}, "where.window.last_days", "not_a_number"),
        ({**BOUGHT, "window": {}}, "where.window", "empty_window"),
        (
            {**BOUGHT, "where": [{"property": "smell", "op": "eq", "value": "a"}]},
            "where.where.0.property", "unknown_property",
        ),
        (
            {**BOUGHT, "event": "any", "where": [{"property": "x", "op": "exists"}]},
            "where.where", "any_event_has_no_properties",
        ),
        ({"segment": "not-an-id", "in": True}, "where.segment", "not_an_id"),
        ({"segment": SEGMENT, "in": 1}, "where.in", "not_true_or_false"),
        ({"bucket": "s", "from": 5, "to": 5}, "where.to", "empty_range"),
        ({"bucket": "s", "from": 0, "to": 10_001}, "where.to", "number_out_of_range"),
        ({"score": "bad name", "op": "exists"}, "where.score", "unknown_model"),
        ({"all": []}, "where.all", "empty_group"),
        ({"all": [ORDERS, {"any": [3]}]}, "where.all.1.any.0", "not_an_object"),
        ({"all": [ORDERS], "any": [ORDERS]}, "where", "unknown_field"),
        ({"weather": "rain"}, "where", "unknown_condition"),
        ([], "where", "not_an_object"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_place_and_problem(
    where: object, path: str, problem: str
) -> None:
    assert refusal(rule(where)) == (path, problem)


def test_other_versions_are_refused() -> None:
    assert refusal({"version": 2, "where": ORDERS}) == ("version", "unknown_version")
    assert refusal({"version": True, "where": ORDERS}) == ("version", "unknown_version")
    assert refusal({"where": ORDERS}) == ("rule.version", "value_missing")
    assert refusal("{}") == ("rule", "not_an_object")


def test_depth_and_size_are_bounded() -> None:
    """Case 61."""
    deep: dict[str, Any] = ORDERS
    for _ in range(31):
        deep = {"not": deep}

    assert parse(rule(deep))
    assert refusal(rule({"not": deep}))[1] == "too_deep"
    assert parse(rule({"all": [ORDERS] * 499}))
    assert refusal(rule({"all": [ORDERS] * 500}))[1] == "too_many_conditions"


def test_a_refusal_never_quotes_what_was_given() -> None:
    with pytest.raises(RuleRefused) as refused:
        parse(rule({"trait": "mei.canary.7f3a@example.com", "op": "eq", "value": "canary7f3a"}))

    assert "canary" not in f"{refused.value} {refused.value.facts}"


def test_texts_are_kept_in_composed_form() -> None:
    decomposed = rule({"trait": "rfm_cell", "op": "eq", "value": "Cafe\u0301"})

    assert document(parse(decomposed))["where"]["value"] == "Caf\u00e9"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["all", "any", "not", "trait", "event", "op", "value", "where", "version",
                         "window", "measure", "bucket", "from", "to", "segment", "in", "score"]),
        inner, max_size=4,
    ),
    max_leaves=12,
))  # fmt: skip
def test_anything_else_is_refused_and_nothing_crashes(given_rule: object) -> None:
    """Case 61."""
    with suppress(RuleRefused):
        parse(given_rule)


def test_a_rule_names_nobody_by_address_or_number() -> None:
    for value in ("mei.canary@example.com", "+14155550100"):
        rule = {"trait": "favorite_department", "op": "eq", "value": value}

        with pytest.raises(RuleRefused) as refused:
            parse({"version": 1, "where": rule})

        assert refused.value.problem == "personal_value"
        assert value not in str(refused.value)
