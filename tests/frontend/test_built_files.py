"""The committed build: small, complete, without traces of outside addresses."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIST = ROOT / "cdp" / "static" / "dist"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", flags=re.DOTALL)

PLAIN = ("app.css", "app.js", "icons.svg", "vendor/htmx.min.js", "vendor/alpine.min.js")
PLAIN_KB, CHARTS_KB = 80, 340

# Names that only scripts look for; no rule needs them.
HOOKS: set[str] = set()


def compressed_kb(*names: str) -> float:
    """Return the sum of the files' sizes after gzip -9, in KB."""
    return sum(len(gzip.compress((DIST / name).read_bytes(), 9)) for name in names) / 1024


def test_a_page_without_a_chart_stays_within_its_budget() -> None:
    assert compressed_kb(*PLAIN) <= PLAIN_KB


def test_a_page_with_charts_stays_within_its_budget() -> None:
    assert compressed_kb(*PLAIN, "charts.js") <= CHARTS_KB


@pytest.mark.parametrize("path", sorted(DIST.rglob("*.*")), ids=lambda path: path.name)
def test_no_built_file_points_at_a_source_map(path: Path) -> None:
    assert b"sourceMappingURL" not in path.read_bytes()  # manifest storage would refuse it


def test_the_style_sheet_loads_nothing_from_elsewhere() -> None:
    css = (DIST / "app.css").read_text()

    assert "@import" not in css
    assert not re.search(r"url\((?!['\"]?(?:data:|#|%23))", css)


def test_both_themes_are_in_the_style_sheet() -> None:
    css = (DIST / "app.css").read_text()

    assert "[data-theme=candor-light]" in css
    assert "[data-theme=candor-dark]" in css
    assert "prefers-color-scheme:dark" in css.replace(" ", "")


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (DIST / "icons.svg").read_text()))

    named = {
        name
        for path in TEMPLATES
        for name in re.findall(r'\{% icon "([a-z]+)" %\}', path.read_text())
    }
    assert named
    assert named <= drawn


def test_every_class_named_in_a_template_has_a_rule() -> None:
    css = (DIST / "app.css").read_text().replace("\\", "")

    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in TEMPLATES
        for value in re.findall(r'\sclass="([^"]*)"', _without_tags(path.read_text()))
        for name in value.split()
        if not name.endswith("-")
        and name not in HOOKS
        and not re.search(rf"\.{re.escape(name)}(?![\w-])", css)
    }
    assert not missing


def _without_tags(text: str) -> str:
    """Drop template tags; a class that a value completes keeps its dangling hyphen."""
    return TAGS.sub(lambda tag: " " if tag.group(0).startswith("{%") else "", text)
