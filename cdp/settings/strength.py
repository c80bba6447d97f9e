"""Which secrets are too weak to serve people with. Pure."""

import re

SHORTEST_KEY, SHORTEST_PASSWORD = 40, 16
FEWEST_SIGNS = 8  # different ones
_KNOWN = re.compile(
    r"django-insecure|test-only|change.?me|example|secret|password|postgres|default|0123|abcd",
    re.IGNORECASE,
)


def weakness(value: str, *, shortest: int) -> str:
    """Return what is wrong with a secret, in words that do not repeat it; empty if nothing is."""
    if len(value) < shortest:
        return f"has fewer than {shortest} characters"
    if len(set(value)) < FEWEST_SIGNS:
        return f"has fewer than {FEWEST_SIGNS} different characters"
    if found := _KNOWN.search(value):
        rest = value[: found.start()] + value[found.end() :]
        if len(rest) < shortest:
            return "is a known example"
    return ""
