"""
Consent that comes with events. Pure.

It may narrow at once; it widens only from a source marked as consent authority. What cannot be
parsed counts as a denial of what it names. Source: interop reference, part 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdp.kernel.protected import ALL_BITS
from consent.catalog import BY_KEY, CATALOG, UNCONDITIONAL

PREFERENCE_UPDATED = "Segment Consent Preference Updated"
_ALWAYS = sum(spec.mask for spec in CATALOG if spec.key in UNCONDITIONAL | {"legal", "operations"})


@dataclass(frozen=True, slots=True)
class Preference:
    """One category of a consent object: the purpose it maps to and what it says."""

    purpose: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a context says: consent ids as they were sent, and whether some could not be read."""

    said: dict[str, bool]
    is_broken: bool


def preferences(context: Mapping[str, Any]) -> list[Preference] | None:
    """
    Return what an event's context says about purposes; None if it says nothing.

    Shapes: `consent.categoryPreferences {id: bool}` and `consentManagement
    {allowedConsentIds, deniedConsentIds}`. An id that is a purpose key maps to itself.
    """
    stated = _stated(context)
    if stated is None:
        return None
    return [Preference(key, allowed) for key, allowed in stated.said.items() if key in BY_KEY]


def ceiling(context: Mapping[str, Any], *, gpc: bool) -> int:
    """Return the most an event may ever be used for, as purpose bits."""
    bits = ALL_BITS
    if gpc:
        bits &= ~sum(spec.mask for spec in CATALOG if spec.gpc_scope)
    stated = _stated(context)
    if stated is None:
        return bits
    denied = {key for key, allowed in stated.said.items() if not allowed}
    for spec in CATALOG:
        if spec.key in denied or any(need in denied for need in spec.requires):
            bits &= ~spec.mask
    # something was denied that has no purpose here, or cannot be read: only the contract remains
    return bits & _ALWAYS if stated.is_broken or denied - BY_KEY.keys() else bits


def _stated(context: Mapping[str, Any]) -> _Statement | None:
    consent, management = context.get("consent"), context.get("consentManagement")
    given = _part(consent, "categoryPreferences")
    allowed, denied = (
        _part(management, name) for name in ("allowedConsentIds", "deniedConsentIds")
    )
    if given is allowed is denied is None:
        return None
    said: dict[str, bool] = {}
    is_broken = not isinstance(given, Mapping | None)
    if isinstance(given, Mapping):
        said |= {str(key): value is True for key, value in given.items()}
    for ids, word in ((allowed, True), (denied, False)):
        if isinstance(ids, list):
            said |= {each: word and said.get(each, True) for each in ids if isinstance(each, str)}
            is_broken |= not all(isinstance(each, str) for each in ids)
        else:
            is_broken |= ids is not None
    return _Statement(said, is_broken)


def _part(holder: Any, name: str) -> Any:
    """Return one part of a consent object; of what is no object, the thing itself."""
    return holder.get(name) if isinstance(holder, Mapping) else holder
