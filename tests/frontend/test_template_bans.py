"""What no template may hold: the strict policy, and personal values that stay where they are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

BANS = {
    "inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "inline style sheet": r"<style\b",
    "style attribute": r"\sstyle=",
    "event attribute": r"\son[a-z]+=",
    "hx-on": r"\bhx-on\b",
    "JavaScript in hx-vals or hx-headers": r"hx-(vals|headers)=['\"]\s*js(on)?:",
    "trigger filter": r"hx-trigger=['\"][^'\"]*\[",
    "hx-boost": r"\bhx-boost\b",
    "hx-confirm": r"\bhx-confirm\b",
    "unescaped text": r"\|\s*safe\b|mark_safe|\{%\s*autoescape off",
    "x-html": r"\bx-html\b",
    "style text by Alpine": r":style=['\"]\s*['\"`]",
    "soft variants, too faint": r"\b(badge|alert|btn)-soft\b",
    "an address outside": r"(?:src|href|action)=['\"](?:https?:)?//",
}


@pytest.mark.parametrize("what", BANS)
def test_no_template_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)!r}"
        for path in TEMPLATES
        for match in re.finditer(BANS[what], path.read_text())
    ]

    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("inline script", "<script>alert(1)</script>"),
        ("style attribute", '<p style="color: red">'),
        ("event attribute", '<a onclick="go()">'),
        ("hx-on", '<a hx-on:click="go()">'),
        ("trigger filter", '<a hx-trigger="click[ctrlKey]">'),
        ("unescaped text", "{{ name|safe }}"),
        ("an address outside", '<script src="https://cdn.example/x.js">'),
    ],
)
def test_each_ban_finds_what_it_is_for(what: str, text: str) -> None:
    assert re.search(BANS[what], text)


def test_every_form_that_posts_carries_its_token() -> None:
    bare = [
        f"{path.relative_to(ROOT)}: {form[:80]}"
        for path in TEMPLATES
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), flags=re.DOTALL)
        if re.search(r"method=['\"]post", form) and "{% csrf_token %}" not in form
    ]

    assert not bare


def test_every_visible_word_goes_through_translation() -> None:
    """Text between tags holds template expressions and marks only, never bare English words."""
    bare = []
    for path in TEMPLATES:
        text = path.read_text()
        text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", text, flags=re.DOTALL)
        text = re.sub(
            r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}",
            "",
            text,
            flags=re.DOTALL,
        )
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        text = re.sub(r"<(script|style|code|pre)\b.*?</\1>", "", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]*\blang=[^>]*>[^<]*<", "<", text)
        for words in re.findall(r">([^<>]*)<", text):
            if re.search(r"[A-Za-z]{2,}", words.replace("Candor", "")):
                bare.append(f"{path.relative_to(ROOT)}: {words.strip()!r}")

    assert not bare
