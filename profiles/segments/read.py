"""Read a rule's JSON strictly; whatever is off is refused with its place and a reason. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from profiles.segments.operands import (
    MAX_VALUES,
    RuleRefused,
    read_choice,
    read_comparison,
    read_fields,
    read_moment,
    read_text,
    read_whole,
)
from profiles.segments.tree import (
    ANY,
    BUCKETS,
    MEASURE_OPS,
    All,
    AnyOf,
    BucketLeaf,
    EventLeaf,
    Leaf,
    Measure,
    Node,
    Not,
    PropertyTest,
    ScoreLeaf,
    ScorePart,
    SegmentLeaf,
    TraitLeaf,
    Window,
)
from profiles.traits import declared, definitions
from profiles.traits.definitions import ORDER_COMPLETED, Kind

VERSION = 1
MAX_DEPTH = 32
MAX_NODES = 500

# What a line of an order can be asked for.
LINE_PROPERTIES: dict[str, Kind] = {
    "product": Kind.TEXT,
    "department": Kind.TEXT,
    "product_category": Kind.TEXT,
    "brand": Kind.TEXT,
    "quantity": Kind.NUMBER,
    "amount_minor": Kind.NUMBER,
}
_SLUG = re.compile(r"[A-Za-z0-9_.-]{1,60}")


class Reader:
    """Reads one rule; counts its nodes as it goes."""

    def __init__(self) -> None:
        self.nodes = 0

    def rule(self, given: object) -> Node:
        """Return the tree of a whole document."""
        body = read_fields(given, "rule", required=("version", "where"))
        if body["version"] != VERSION or isinstance(body["version"], bool):
            raise RuleRefused("version", "unknown_version")
        return self.node(body["where"], path="where", depth=1)

    def node(self, given: object, *, path: str, depth: int) -> Node:
        """Return one node: a group, or the leaf that one of its fields names."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise RuleRefused(path, "too_deep")
        if self.nodes > MAX_NODES:
            raise RuleRefused(path, "too_many_conditions")
        if not isinstance(given, Mapping):
            raise RuleRefused(path, "not_an_object")
        if "all" in given:
            return All(self._parts(given, "all", path=path, depth=depth))
        if "any" in given:
            return AnyOf(self._parts(given, "any", path=path, depth=depth))
        if "not" in given:
            body = read_fields(given, path, required=("not",))
            return Not(self.node(body["not"], path=f"{path}.not", depth=depth + 1))
        for name, read in _LEAVES.items():
            if name in given:
                return read(given, path)
        raise RuleRefused(path, "unknown_condition")

    def _parts(
        self, given: Mapping[str, Any], name: str, *, path: str, depth: int
    ) -> tuple[Node, ...]:
        parts = read_fields(given, path, required=(name,))[name]
        if not isinstance(parts, list) or not parts:
            raise RuleRefused(f"{path}.{name}", "empty_group")
        return tuple(
            self.node(part, path=f"{path}.{name}.{place}", depth=depth + 1)
            for place, part in enumerate(parts)
        )


def _trait(given: Mapping[str, Any], path: str) -> Leaf:
    body = read_fields(given, path, required=("trait", "op"), optional=("value",))
    key = read_text(body["trait"], f"{path}.trait")
    if known := definitions.DEFINITIONS.get(key):
        return TraitLeaf(key, True, read_comparison(body, path, known.kind))
    if stated := declared.DEFINITIONS.get(key):
        return TraitLeaf(key, False, read_comparison(body, path, stated.kind))
    raise RuleRefused(f"{path}.trait", "unknown_trait")


def _event(given: Mapping[str, Any], path: str) -> Leaf:
    required, optional = ("event", "measure", "op", "value"), ("where", "window")
    body = read_fields(given, path, required=required, optional=optional)
    event = read_text(body["event"], f"{path}.event")
    tests = body.get("where", [])
    if not isinstance(tests, list) or len(tests) > MAX_VALUES:
        raise RuleRefused(f"{path}.where", "not_a_list")
    if tests and event == ANY:
        raise RuleRefused(f"{path}.where", "any_event_has_no_properties")
    return EventLeaf(
        event=event,
        where=tuple(
            _property(test, f"{path}.where.{place}", event) for place, test in enumerate(tests)
        ),
        window=_window(body.get("window", "all"), f"{path}.window"),
        measure=read_choice(Measure, body["measure"], f"{path}.measure"),
        test=read_comparison(body, path, Kind.NUMBER, allowed=MEASURE_OPS),
    )


def _property(given: object, path: str, event: str) -> PropertyTest:
    body = read_fields(given, path, required=("property", "op"), optional=("value",))
    name = read_text(body["property"], f"{path}.property")
    if event != ORDER_COMPLETED:
        return PropertyTest(name, read_comparison(body, path, None))
    if name not in LINE_PROPERTIES:
        raise RuleRefused(f"{path}.property", "unknown_property")
    return PropertyTest(name, read_comparison(body, path, LINE_PROPERTIES[name]))


def _score(given: Mapping[str, Any], path: str) -> Leaf:
    body = read_fields(given, path, required=("score", "op"), optional=("of", "value"))
    model = read_text(body["score"], f"{path}.score")
    if not _SLUG.fullmatch(model):
        raise RuleRefused(f"{path}.score", "unknown_model")
    part = read_choice(ScorePart, body.get("of", "value"), f"{path}.of")
    kind = Kind.NUMBER if part is ScorePart.VALUE else Kind.TEXT
    return ScoreLeaf(model, part, read_comparison(body, path, kind))


def _segment(given: Mapping[str, Any], path: str) -> Leaf:
    body = read_fields(given, path, required=("segment", "in"))
    if not isinstance(body["in"], bool):
        raise RuleRefused(f"{path}.in", "not_true_or_false")
    try:
        return SegmentLeaf(UUID(read_text(body["segment"], f"{path}.segment")), body["in"])
    except ValueError:
        raise RuleRefused(f"{path}.segment", "not_an_id") from None


def _bucket(given: Mapping[str, Any], path: str) -> Leaf:
    body = read_fields(given, path, required=("bucket", "from", "to"))
    salt = read_text(body["bucket"], f"{path}.bucket")
    start = read_whole(body["from"], f"{path}.from", most=BUCKETS)
    end = read_whole(body["to"], f"{path}.to", most=BUCKETS)
    if start >= end:
        raise RuleRefused(f"{path}.to", "empty_range")
    return BucketLeaf(salt, start, end)


_LEAVES: dict[str, Callable[[Mapping[str, Any], str], Leaf]] = {
    "trait": _trait,
    "event": _event,
    "score": _score,
    "segment": _segment,
    "bucket": _bucket,
}


def _window(given: object, path: str) -> Window:
    if given == "all":
        return Window()
    if isinstance(given, Mapping) and "last_days" in given:
        body = read_fields(given, path, required=("last_days",))
        return Window(last_days=read_whole(body["last_days"], f"{path}.last_days", least=1))
    body = read_fields(given, path, optional=("from", "to"))
    if not body:
        raise RuleRefused(path, "empty_window")
    ends = {name: read_moment(body[name], f"{path}.{name}") for name in body}
    return Window(start=ends.get("from"), end=ends.get("to"))
