"""
From a rule's JSON to its tree and back, with a named refusal for everything else. Pure.

    {"version": 1, "where": node}
    node  {"all": [node, …]} | {"any": [node, …]} | {"not": node} | leaf
    leaf  {"trait": key, "op": …, "value": …}             computed or declared, as catalogued
          {"event": name | "any", "where": [test, …], "window": window, "measure": …, "op", "value"}
          {"score": model, "of": "value" | "band", "op": …, "value": …}
          {"segment": id, "in": true | false}
          {"bucket": salt, "from": 0, "to": 10000}
    test    {"property": name, "op": …, "value": …}
    window  "all" | {"last_days": n} | {"from": time, "to": time}

Times are ISO 8601: a date, or a date and time with its offset. Amounts are minor units.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, assert_never

from profiles.segments.operands import RuleRefused
from profiles.segments.read import VERSION, Reader
from profiles.segments.tree import (
    All,
    AnyOf,
    BucketLeaf,
    Comparison,
    EventLeaf,
    Leaf,
    Node,
    Not,
    ScoreLeaf,
    SegmentLeaf,
    TraitLeaf,
    Window,
)

__all__ = ["RuleRefused", "canonical", "digest", "document", "parse"]


def parse(rule: object) -> Node:
    """
    Return the tree of a rule's JSON.

    :raises RuleRefused: it is not a rule; `path` and `problem` say where and why
    """
    return Reader().rule(rule)


def document(node: Node) -> dict[str, Any]:
    """Return the JSON of a tree; `parse` of it gives the tree again."""
    return {"version": VERSION, "where": _node(node)}


def canonical(node: Node) -> str:
    """Return one text for all rules that differ only in the order of their parts."""
    return _text({"version": VERSION, "where": _sorted(_node(node))})


def digest(node: Node) -> str:
    """Return the SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(node).encode()).hexdigest()


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _sorted(node: Mapping[str, Any]) -> dict[str, Any]:
    for group in ("all", "any"):
        if group in node:
            parts = {_text(part): part for part in map(_sorted, node[group])}
            return {group: [parts[text] for text in sorted(parts)]}
    if "not" in node:
        return {"not": _sorted(node["not"])}
    leaf = dict(node)
    if leaf.get("op") in ("in", "not_in"):
        leaf["value"] = sorted(set(leaf["value"]))
    if "where" in leaf:
        tests = {_text(test): test for test in map(_sorted, leaf["where"])}
        leaf["where"] = [tests[text] for text in sorted(tests)]
    return leaf


def _node(node: Node) -> dict[str, Any]:
    match node:
        case All(parts=parts):
            return {"all": [_node(part) for part in parts]}
        case AnyOf(parts=parts):
            return {"any": [_node(part) for part in parts]}
        case Not(part=part):
            return {"not": _node(part)}
        case _:
            return _leaf(node)


def _leaf(leaf: Leaf) -> dict[str, Any]:
    match leaf:
        case TraitLeaf(key=key, test=test):
            return {"trait": key, **_test(test)}
        case EventLeaf(event=event, where=where, window=window, measure=measure, test=test):
            tests = [{"property": each.property, **_test(each.test)} for each in where]
            found: dict[str, Any] = {"event": event, "where": tests, "window": _window(window)}
            return {**found, "measure": str(measure), **_test(test)}
        case ScoreLeaf(model=model, part=part, test=test):
            return {"score": model, "of": str(part), **_test(test)}
        case SegmentLeaf(segment=segment, inside=inside):
            return {"segment": str(segment), "in": inside}
        case BucketLeaf(salt=salt, start=start, end=end):
            return {"bucket": salt, "from": start, "to": end}
        case _:
            assert_never(leaf)


def _test(test: Comparison) -> dict[str, Any]:
    if test.value is None:
        return {"op": str(test.op)}
    return {"op": str(test.op), "value": _value(test.value)}


def _value(value: object) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date


def _window(window: Window) -> Any:
    if window.last_days is not None:
        return {"last_days": window.last_days}
    ends = {"from": window.start, "to": window.end}
    given = {name: _value(moment) for name, moment in ends.items() if moment is not None}
    return given or "all"
