"""What the pages name exists: files, headings, images, code."""

import ast
import re

import pytest

from tests.docs.pages import OURS, ROOT, Page, anchor, page, pages

PAGES = pages()
IDS = [each.path for each in PAGES]
every_page = pytest.mark.parametrize("shown", PAGES, ids=IDS)

# A path of the repository in backticks; a placeholder such as <name> or * makes it a pattern.
_PATH = re.compile(rf"(?:{'|'.join(OURS)}|templates|bin|\.ci)/[\w./<>*-]*|manage\.py|Makefile")
_DOTTED = re.compile(r"(?:cdp|audit|consent|profiles|campaigns)(?:\.(?!py$|sql$)\w+)+")


def is_there(name: str) -> bool:
    """Say whether a path, perhaps with placeholders, exists in the repository."""
    pattern = re.sub(r"<[^>]*>", "*", name.rstrip("/"))
    return any(ROOT.glob(pattern)) if "*" in pattern else (ROOT / pattern).exists()


def is_defined(name: str) -> bool:
    """Say whether a dotted name is a package, a module, or something that a module defines."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        folder = ROOT.joinpath(*parts[:length])
        file = folder.with_suffix(".py") if not folder.is_dir() else folder / "__init__.py"
        if file.exists():
            rest = parts[length:]
            return not rest or rest[0] in names_in(file.read_text())
    return False


def names_in(source: str) -> set[str]:
    """Return what a module defines at its top."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Assign():
                found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def squeezed(text: str) -> str:
    """Return code without white space and trailing commas: formatting makes no difference."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s+", "", text)).rstrip(",")


def test_a_heading_becomes_the_anchor_that_repositories_give_it() -> None:
    assert anchor("Add one end to end") == "add-one-end-to-end"
    assert anchor("`segments/` – rules, and who matches") == "segments--rules-and-who-matches"


@every_page
def test_every_link_and_image_leads_somewhere(shown: Page) -> None:
    inside = [target for target in shown.targets if "://" not in target]

    for target in inside:
        path = shown.resolve(target) if not target.startswith("#") else ROOT / shown.path
        assert path.exists(), target
        fragment = target.partition("#")[2]
        if fragment and path.suffix == ".md":
            assert fragment in page(str(path.resolve().relative_to(ROOT))).anchors, target


@every_page
def test_every_path_in_backticks_exists(shown: Page) -> None:
    named = [code for code in shown.code if _PATH.fullmatch(code)]

    assert [name for name in named if not is_there(name)] == []


@every_page
def test_every_dotted_name_in_backticks_is_defined(shown: Page) -> None:
    named = [code for code in shown.code if _DOTTED.fullmatch(code)]

    assert [name for name in named if not is_defined(name)] == []


@every_page
def test_quoted_code_is_the_code_as_it_is(shown: Page) -> None:
    for file, quoted in shown.quotes:
        source = squeezed((ROOT / file).read_text())
        for piece in re.split(r"^[ ]*(?:#|--)? ?…[ ]*$", quoted, flags=re.MULTILINE):
            assert squeezed(piece) in source, f"{file} does not hold:\n{piece}"


def test_a_page_that_names_nothing_would_be_noticed() -> None:
    wrong = Page("README.md", "See `cdp/nowhere.py`, `consent.window.nothing` and [it](gone.md).")

    assert not is_there(wrong.code[0])
    assert not is_defined(wrong.code[1])
    assert not wrong.resolve(wrong.targets[0]).exists()
    assert is_there("consent/window.py")
    assert is_defined("consent.window.purpose")


def test_every_picture_is_shown_on_some_page() -> None:
    shown = {each.resolve(target).resolve() for each in PAGES for target in each.targets}

    kept = {path.resolve() for path in (ROOT / "docs" / "images").glob("*.png")}

    assert kept <= shown


def test_the_chinese_front_page_has_the_shape_of_the_english_one() -> None:
    english, chinese = page("README.md"), page("README.zh-CN.md")
    marks = re.compile(r"^(#{1,6}) ", re.MULTILINE)
    outside = {"README.md", "README.zh-CN.md"}

    assert marks.findall(chinese.prose) == marks.findall(english.prose)
    assert set(chinese.targets) - outside == set(english.targets) - outside
