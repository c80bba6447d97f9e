"""
Which acts take two people, from how many people on, and who decides. Pure.

A limit is a default of the platform; a workspace sets its own in its settings, under
`approval_above`: `{"campaign.launch": 20000}`. Kinds without a limit are always asked for.
Source: console reference, part 4.4.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

Facts = Mapping[str, str | int]
LASTS = timedelta(hours=72)  # from asking to the act itself
SETTING = "approval_above"


class Kind(StrEnum):
    """An act that one operator asks for and another decides."""

    CAMPAIGN_LAUNCH = "campaign.launch"
    EXPORT = "export"
    ERASE = "erase"
    KEY_RETIRE = "key.retire"
    KEY_DESTROY = "key.destroy"
    ROLE_GRANT = "role.grant"


# Up to so many people, one operator is enough.
ONE_IS_ENOUGH: Mapping[Kind, int] = {Kind.CAMPAIGN_LAUNCH: 5000, Kind.EXPORT: 1000, Kind.ERASE: 1}

# What the one who decides must hold: the right to decide, and to read what is decided.
DECIDED_WITH: Mapping[Kind, tuple[str, ...]] = {
    Kind.CAMPAIGN_LAUNCH: ("campaigns:approve", "campaigns:read"),
    Kind.EXPORT: ("exports:approve", "segments:read"),
    Kind.ERASE: ("rights:approve",),
    Kind.KEY_RETIRE: ("keys:approve",),
    Kind.KEY_DESTROY: ("keys:approve",),
    Kind.ROLE_GRANT: ("team:manage",),
}


def limit(kind: Kind, *, settings: Mapping[str, Any]) -> int:
    """Return up to how many people one operator is enough; 0: never."""
    own = settings.get(SETTING, {}).get(kind)
    if isinstance(own, int) and own >= 0 and kind in ONE_IS_ENOUGH:
        return own
    return ONE_IS_ENOUGH.get(kind, 0)


def is_needed(kind: Kind, *, people: int, settings: Mapping[str, Any]) -> bool:
    """Say whether an act on so many people takes an approval."""
    return kind not in ONE_IS_ENOUGH or people > limit(kind, settings=settings)


def most(people: int) -> int:
    """Return how many people an approval for `people` still covers: one in a hundred more."""
    return people + people // 100


def digest(facts: Facts) -> bytes:
    """Return the SHA-256 of what is approved; the order of the facts does not matter."""
    text = json.dumps(dict(facts), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()
