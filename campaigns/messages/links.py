"""
Links in a message: found in the template's own text, so that no link can hold a value. Pure.

Each is replaced by one that counts the click. What a person's name contains is never a link.
"""

import re
from collections.abc import Callable, Mapping

from cdp.kernel.errors import CdpError

MAX_LINKS = 20
MAX_LINK_CHARACTERS = 2_000
_URL = re.compile(r"https?://[^\s<>\"'{}|\\^`]*", re.IGNORECASE)
_TRAILING = ".,;:!?)]，。；：！？）】"


class LinkRefused(CdpError):
    """A link that cannot be counted without holding a personal value."""

    code = "link_refused"


def find(source: str) -> list[str]:
    """
    Return the links in a template's text, each once, in order.

    :raises LinkRefused: a link runs into a variable, is too long, or there are too many
    """
    found: dict[str, None] = {}
    for match in _URL.finditer(source):
        link = match[0].rstrip(_TRAILING)
        if source[match.end() : match.end() + 1] == "{" or link in ("http://", "https://"):
            raise LinkRefused("Write the whole link out: a link cannot hold a variable.")
        if len(link) > MAX_LINK_CHARACTERS:
            raise LinkRefused(f"A link has at most {MAX_LINK_CHARACTERS} characters.")
        found[link] = None
    if len(found) > MAX_LINKS:
        raise LinkRefused(f"A message has at most {MAX_LINKS} different links.")
    return list(found)


def replace(
    text: str,
    counted: Mapping[str, str],
    *,
    link: Callable[[str, str], str],
    plain: Callable[[str], str] = lambda part: part,
) -> str:
    """
    Return `text` with each link of `counted` (target → counting link) written by `link`.

    `link` gets the target and the counting link; `plain` writes everything between, and every
    link that is not one of the template's own.
    """
    out: list[str] = []
    at = 0
    for match in _URL.finditer(text):
        target = match[0].rstrip(_TRAILING)
        if target not in counted:
            continue
        out += [plain(text[at : match.start()]), link(target, counted[target])]
        at = match.start() + len(target)
    return "".join([*out, plain(text[at:])])
