"""Our Markdown, taken apart: pages, links, headings, code in backticks, quoted code. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("cdp", "audit", "consent", "profiles", "campaigns", "tests", "docs", "frontend")

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HTML_IMAGE = re.compile(r"(?:src|srcset)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_QUOTE = re.compile(r"<!-- from (\S+) -->\n+```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file; `path` is relative to the repository."""

    path: str
    text: str

    @property
    def prose(self) -> str:
        """Return the text without fenced code."""
        return _FENCE.sub("", self.text)

    @property
    def targets(self) -> list[str]:
        """Return what links and images point at, inside and outside the repository."""
        return _LINK.findall(self.prose) + _HTML_IMAGE.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """Return the fragments by which headings can be reached."""
        return {anchor(heading) for heading in _HEADING.findall(self.prose)}

    @property
    def code(self) -> list[str]:
        """Return what stands in backticks."""
        return _CODE.findall(self.prose)

    @property
    def quotes(self) -> list[tuple[str, str]]:
        """Return each quoted piece of code with the file that it says it is from."""
        return _QUOTE.findall(self.text)

    def resolve(self, target: str) -> Path:
        """Return the file that a relative link points at."""
        return (ROOT / self.path).parent / target.partition("#")[0]


def anchor(heading: str) -> str:
    """Return the fragment that a heading gets: lower case, words joined by hyphens."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.replace(" ", "-")


def pages() -> list[Page]:
    """Return every Markdown page of the repository."""
    found = [*ROOT.glob("*.md")]
    for folder in OURS:
        found += (ROOT / folder).rglob("*.md")
    return [
        Page(str(path.relative_to(ROOT)), path.read_text())
        for path in sorted(found)
        if "node_modules" not in path.parts
    ]


def page(path: str) -> Page:
    """Return one page."""
    return Page(path, (ROOT / path).read_text())


def modules(folder: Path) -> Iterator[Path]:
    """Yield modules and SQL files below a folder, except in folders with a map of their own."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not (path / "README.md").exists() and path.name != "migrations":
            yield from modules(path)
        elif path.suffix in (".py", ".sql") and path.name != "__init__.py":
            yield path
