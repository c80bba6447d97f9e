"""The reference page of roles, permissions and scopes, written from the code that asks for them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils import translation

from cdp.accounts.permissions import PERMISSIONS, ROLES, SCOPES, WORDS, Role, needs_second_owner
from tests.security import matrix
from tests.security.matrix import ANY_ROLE

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"


def page() -> str:
    """Return the reference page."""
    with translation.override("en"):
        return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Roles, permissions and scopes"
    yield ""
    yield "Who may do what. `make docs` writes this page from `cdp/accounts/permissions.py`, the"
    yield "console's addresses and the API's description; a test fails when it is out of date."
    yield ""
    yield "## Roles"
    yield ""
    yield "Roles add up. A role that reveals, approves or owns is granted by two owners."
    yield ""
    yield "| role | key | what for | granted by |"
    yield "|---|---|---|---|"
    for role, (name, what) in ROLES.items():
        owners = "two owners" if needs_second_owner(role) else "one owner"
        yield f"| {name} | `{role}` | {what} | {owners} |"
    yield ""
    yield "## What each role may do"
    yield ""
    yield f"| permission | in words | {' | '.join(str(ROLES[role][0]) for role in Role)} |"
    yield f"|---|---|{':-:|' * len(Role)}"
    for permission, words in WORDS.items():
        ticks = " | ".join("✓" if permission in PERMISSIONS[role] else "" for role in Role)
        yield f"| `{permission}` | {words} | {ticks} |"
    yield ""
    yield "## What each permission opens in the console"
    yield ""
    yield "“any” is any role at all. An address of another workspace's object answers 404."
    yield ""
    yield "| permission | addresses |"
    yield "|---|---|"
    opened: dict[str, list[str]] = {}
    for route in matrix.console():
        opened.setdefault(route.permission, []).append(route.pattern)
    for asked in sorted(opened, key=lambda each: (each != ANY_ROLE, each)):
        yield f"| `{asked}` | {_code(opened[asked])} |"
    yield ""
    yield "## What each scope of an API key opens"
    yield ""
    yield "| scope | in words | operations |"
    yield "|---|---|---|"
    operations = matrix.operations()
    for scope, words in SCOPES.items():
        found = [
            f"{m} {path}" for (m, path), each in operations.items() if each["x-scope"] == scope
        ]
        yield f"| `{scope}` | {words} | {_code(found)} |"
    yield ""
    yield "A write key of a source sends events to `/v1/` and opens nothing else; an API key sends"
    yield "none."
    yield ""


def _code(texts: Iterable[str]) -> str:
    return "<br>".join(f"`{text}`" for text in texts)


def write() -> None:
    """Write the page."""
    PAGE.write_text(page())
