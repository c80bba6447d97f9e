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


def preferences(context: Mapping[str, Any]) -> list[Preference] | None:
    """
    Return what an event's context says about purposes; None if it says nothing.

    Shapes: `consent.categoryPreferences {id: bool}` and `consentManagement
    {allowedConsentIds, deniedConsentIds}`. An id that is a purpose key maps to itself.
    """
    consent = context.get("consent")
    management = context.get("consentManagement")
    stated: dict[str, bool] = {}
    if isinstance(consent, Mapping):
        given = consent.get("categoryPreferences")
        if isinstance(given, Mapping):
            stated |= {str(key): value is True for key, value in given.items()}
    elif isinstance(management, Mapping):
        for name, allowed in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            ids = management.get(name)
            if isinstance(ids, list):
                stated |= {str(each): allowed for each in ids}
    if not isinstance(consent, Mapping) and not isinstance(management, Mapping):
        return None
    return [Preference(key, allowed) for key, allowed in stated.items() if key in BY_KEY]


def ceiling(context: Mapping[str, Any], *, gpc: bool) -> int:
    """Return the most an event may ever be used for, as purpose bits."""
    bits = ALL_BITS
    if gpc:
        bits &= ~sum(spec.mask for spec in CATALOG if spec.gpc_scope)
    stated = preferences(context)
    if stated is None:
        return bits
    denied = {each.purpose for each in stated if not each.allowed}
    unmapped_denial = _names_unmapped_denial(context)
    for spec in CATALOG:
        if spec.key in denied or any(need in denied for need in spec.requires):
            bits &= ~spec.mask
    return bits & _ALWAYS if unmapped_denial else bits


def _names_unmapped_denial(context: Mapping[str, Any]) -> bool:
    """Say whether something we have no purpose for was denied: then only the contract remains."""
    consent = context.get("consent")
    given = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
    pairs = given.items() if isinstance(given, Mapping) else ()
    return any(value is not True and str(key) not in BY_KEY for key, value in pairs)
