"""Each package's README is a map of it: every module is on it, and nothing that is not there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, modules

MAPS = (
    "cdp", "cdp/kernel", "cdp/runtime", "cdp/engine", "cdp/account", "cdp/accounts",
    "cdp/approvals", "cdp/api", "cdp/console", "cdp/portal", "cdp/keys", "cdp/rights", "cdp/demo",
    "audit", "consent", "profiles", "campaigns",
)  # fmt: skip
# A heading that begins with a folder says where the rows below it are; any other leads back up.
_HEADING = re.compile(r"^## (?:`([\w/]+)/`)?")
_ROW = re.compile(r"^\| `([\w]+\.(?:py|sql))` \| (.*) \|$")


def mapped(text: str) -> dict[str, str]:
    """Return what a map says, by path below the package."""
    found: dict[str, str] = {}
    room = ""
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            room = f"{heading[1]}/" if heading[1] else ""
        elif row := _ROW.match(line):
            found[room + row[1]] = row[2]
    return found


@pytest.mark.parametrize("package", MAPS)
def test_the_map_lists_every_module_and_no_other(package: str) -> None:
    folder = ROOT / package

    told = mapped((folder / "README.md").read_text())

    there = {str(path.relative_to(folder)) for path in modules(folder)}
    assert set(told) == there
    assert all(told.values()), "a row says nothing"


@pytest.mark.parametrize("package", MAPS)
def test_the_map_says_where_to_start_and_what_never_happens(package: str) -> None:
    text = (ROOT / package / "README.md").read_text()

    assert "\nStart reading at " in text
    assert "\nNever: " in text


def test_every_folder_of_tests_is_on_their_map() -> None:
    folder = ROOT / "tests"
    rows = [line for line in (folder / "README.md").read_text().splitlines() if line[:1] == "|"]
    named = set(re.findall(r"`([\w]+)/`", " ".join(rows)))

    assert named == {path.name for path in folder.iterdir() if has_modules(path)}


def has_modules(path: Path) -> bool:
    """Say whether a folder holds code."""
    return path.is_dir() and any(path.rglob("*.py"))


def test_no_package_is_without_a_map() -> None:
    packages = {
        str(path.parent.relative_to(ROOT))
        for top in ("cdp", "audit", "consent", "profiles", "campaigns")
        for path in (ROOT / top).rglob("README.md")
    }

    assert packages == set(MAPS)
