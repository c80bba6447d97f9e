"""Addresses that templates name exist; what a template may hold is told by tests/frontend."""

import re

from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.sources import ROOT, modules, strings

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NAMED = re.compile(r"\{%\s*url\s+[\"']([^\"']+)[\"']")
ONLY_IN_THE_DEMO = {"mailbox", "mailbox_message"}


def names(resolver: URLResolver, prefix: str = "") -> set[str]:
    found = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= names(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(f"{prefix}{pattern.name}")
    return found


def test_every_address_that_a_template_names_exists() -> None:
    known = names(get_resolver()) | ONLY_IN_THE_DEMO
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in TEMPLATES
        for name in NAMED.findall(path.read_text())
        if name not in known
    ]

    assert TEMPLATES
    assert missing == []


def test_every_template_that_code_names_is_there() -> None:
    wanted = {
        name
        for module in modules()
        for name in strings(module)
        if re.fullmatch(r"[a-z_]+(/[a-z_0-9]+)*\.html", name)
    }
    there = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES}

    assert wanted
    # a door's own pages are named without its folder
    there |= {name.rpartition("/")[2] for name in there}
    assert wanted - there == set()
