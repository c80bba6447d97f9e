"""The reference pages list what there is: commands, targets, variables, purposes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, page

CODE = ("cdp", "audit", "consent", "profiles", "campaigns")
_PREFIXES = ("CDP_", "VALKEY_", "REDIS_", "DATABASE_", "DEMO")


def first_cells(path: str) -> list[str]:
    """Return what stands in backticks at the beginning of each table row of a page."""
    return re.findall(r"^\| `([^`]+)`", page(path).text, flags=re.MULTILINE)


def read_by_code() -> Iterator[str]:
    """Yield the environment variables that the code asks for by name."""
    for top in CODE:
        for file in (ROOT / top).rglob("*.py"):
            yield from asked_in(file)


def asked_in(file: Path) -> Iterator[str]:
    """Yield the variables that one module reads: by `os.environ`, or as a secret."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="get", value=asked), args=[name, *_]) if (
                ast.unparse(asked) == "os.environ"
            ):
                named = name
            case ast.Subscript(value=asked, slice=name) if ast.unparse(asked) == "os.environ":
                named = name
            case ast.Call(func=ast.Name(id="secret"), args=[name]):
                named = name
            case _:
                continue
        if isinstance(named, ast.Constant) and str(named.value).startswith(_PREFIXES):
            yield str(named.value)


def test_every_command_is_listed_and_no_other() -> None:
    listed = {name.split()[1] for name in first_cells("docs/reference/commands.md")
              if name.startswith("manage.py ")}  # fmt: skip

    there = {path.stem for path in (ROOT / "cdp/management/commands").glob("[a-z]*.py")}
    assert listed == there


def test_every_target_is_listed_and_no_other() -> None:
    listed = {name.split()[1] for name in first_cells("docs/reference/commands.md")
              if name.startswith("make ")}  # fmt: skip

    helped = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert listed == set(helped)


def test_every_variable_that_the_code_reads_is_listed_and_no_other() -> None:
    listed = set(first_cells("docs/reference/configuration.md"))

    assert listed == set(read_by_code())


def test_every_target_and_command_named_on_the_front_pages_exists() -> None:
    text = "".join(page(name).text for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"))
    commands = {path.stem for path in (ROOT / "cdp/management/commands").glob("[a-z]*.py")}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))

    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"`manage\.py ([a-z_]+)", text)) <= commands | {"help", "makemigrations"}
