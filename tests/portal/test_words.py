"""Plain words for the record: one sentence for each thing the code does with data, no more."""

import ast
from collections.abc import Iterator

from cdp.portal import words
from consent.ledger import VERBS
from consent.uses import Using
from tests.architecture.sources import modules


def calls() -> Iterator[ast.Call]:
    for module in modules():
        if not module.name.startswith("cdp.benchmarks."):
            yield from (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def texts(nodes: list[ast.expr]) -> set[str]:
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_use_of_data_is_told_in_words() -> None:
    done = {Using.__dataclass_fields__["act"].default, "read_own"}
    for call in calls():
        if ast.unparse(call.func).endswith(".doing"):
            done |= texts(call.args[:1])
        done |= texts([each.value for each in call.keywords if each.arg == "act"])
    done = {act for act in done if not act.startswith("operator.")}  # no use of a person's data

    assert set(words.USES) == done


def test_every_entry_about_a_person_is_told_in_words() -> None:
    written = {*VERBS.values(), "consent.allow_category", "consent.refuse_category"}
    for call in calls():
        if {"subject", "subjects"} & {each.arg for each in call.keywords}:
            written |= {text for text in texts(call.args) if "." in text and " " not in text}

    assert set(words.ACTS) == written
