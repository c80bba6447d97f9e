"""The table of requirements: every one that the design names, and tests that are there."""

import ast
import re

from tests.servers import ROOT

TABLE = ROOT / "tests" / "security" / "asvs.md"
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([123]) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
# Chapter → requirements; the design's list (hardening reference, part 4.1).
NAMED = {
    "1": "2.4 2.10 3.2 3.6 3.7 3.12 5.2 5.3",
    "2": "2.1 3.1 3.2 3.3 3.4 3.5 4.1",
    "3": "3.1 3.2 3.3 3.4 4.1 4.3 4.4 4.5 4.6 4.8 5.1 5.3 5.4 7.2",
    "4": "1.1 1.2 1.3 3.1",
    "5": "1.1 2.1 2.2 2.3 3.2 4.1 4.2",
    "6": "1.1 3.1 3.3 3.8 4.3 4.4 5.1 5.2 5.3 5.4 5.5 6.2 6.3",
    "7": "1.1 2.3 2.4 3.1 3.2 4.1 4.2 4.3 4.5 5.1 5.2 5.3 6.2",
    "8": "1.1 1.2 2.1 2.2 2.3 3.1 3.2 4.1",
    "11": "1.1 1.2 2.2 3.2 3.3 5.1",
    "13": "2.3 2.4 3.1 3.2 4.2 4.5",
    "14": "2.1 3.2",
    "15": "1.1 1.2 3.1 3.2 3.3 3.4",
    "16": "2.1 2.2 2.3 2.4 2.5 3.1 3.2 3.3 3.4 4.1 4.2 4.3 5.1 5.2 5.3",
}


def rows() -> dict[str, list[str]]:
    """Return the tests that each requirement names."""
    return {
        number: re.findall(r"`([^`]+)`", tests)
        for number, _, _, tests in _ROW.findall(TABLE.read_text())
    }


def test_every_requirement_that_the_design_names_has_a_row() -> None:
    wanted = {f"{chapter}.{rest}" for chapter, each in NAMED.items() for rest in each.split()}

    assert rows().keys() == wanted
    assert TABLE.read_text().count("\n| ") - 1 == len(wanted), "no row is malformed"


def test_every_test_that_a_row_names_exists() -> None:
    missing = []
    for number, tests in rows().items():
        assert tests, number
        for test in tests:
            path, _, name = test.partition("::")
            file = ROOT / path
            there = file.exists() and {
                node.name
                for node in ast.parse(file.read_text()).body
                if isinstance(node, ast.FunctionDef)
            }
            if not there or (name and name not in there):
                missing.append(f"{number}: {test}")

    assert missing == []


def test_every_dependency_is_pinned_with_its_digest() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pinned = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"(?m)^#.*\n", "", text))

        assert len(pinned) > 30
        for each in pinned:
            assert re.match(r"[A-Za-z0-9._-]+(\[[a-z0-9_,-]+\])?==\S+", each), each[:60]
            assert "--hash=sha256:" in each, each[:60]
