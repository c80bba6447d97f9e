"""
The one parser of the management API: JSON, strictly, within bounds.

Refuses what another layer would stumble over later: deep nesting, the same key twice, numbers
beyond a double, NUL and halves of a sign, which PostgreSQL does not store.
Source: hardening reference, part 4.5.
"""

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from cdp.kernel.errors import CdpError

BODY_BYTES = 1024 * 1024
DEEPEST, MOST_KEYS = 64, 10_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{\]}]")


class MalformedJson(CdpError):
    """The body is not JSON, or not of the kind that this API reads."""

    code = "malformed_json"


class RequestTooLarge(CdpError):
    """The body has more bytes than a request of this API may have."""

    code = "body_too_large"


class StrictJSONParser(BaseParser):
    """Reads an object of at most 1 MiB, 64 levels and 10,000 keys."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        raw = stream.read(BODY_BYTES + 1)
        if len(raw) > BODY_BYTES:
            raise RequestTooLarge("A body has at most 1 MiB.")
        return read(raw)


def read(raw: bytes) -> dict[str, Any]:
    """
    Return the object that `raw` describes.

    :raises MalformedJson: not UTF-8, not JSON, not an object, or not storable
    """
    if _depth(raw) > DEEPEST:
        raise MalformedJson(f"Nest at most {DEEPEST} levels.")
    keys = _Keys()
    try:
        found = json.loads(
            raw.decode(),
            object_pairs_hook=keys.once,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):  # the text of either may quote the body
        raise MalformedJson("Send JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise MalformedJson("Send one JSON object.")
    _refuse_unstorable(found)
    return found


def _depth(raw: bytes) -> int:
    """Return how deep brackets nest outside strings, without building anything."""
    depth = deepest = 0
    for sign in _BRACKETS.findall(_STRING.sub(b"", raw)):
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


class _Keys:
    """Sees every object go by: no key twice in one, not too many in all."""

    def __init__(self) -> None:
        self._seen = 0

    def once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._seen += len(pairs)
        if self._seen > MOST_KEYS:
            raise MalformedJson(f"A body has at most {MOST_KEYS:,} keys.")
        found = dict(pairs)
        if len(found) < len(pairs):
            raise MalformedJson("A key stands twice in one object.")
        return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number beyond a double")
    return number


def _refuse_unstorable(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise MalformedJson("A text holds NUL or half a sign; neither can be stored.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner)
