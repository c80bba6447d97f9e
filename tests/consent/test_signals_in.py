"""Consent that comes with events narrows what the event may be used for, whatever its shape."""

from typing import Any

import pytest

from cdp.kernel.protected import ALL_BITS
from consent.catalog import BY_KEY, CATALOG
from consent.signals_in import Preference, ceiling, preferences

ALWAYS = {"service", "legal", "fraud", "rights", "support", "operations"}


def closed(context: dict[str, Any], *, gpc: bool = False) -> set[str]:
    bits = ceiling(context, gpc=gpc)
    return {spec.key for spec in CATALOG if not bits & spec.mask}


def segment(**said: Any) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": said}}


def rudder(**ids: Any) -> dict[str, Any]:
    return {"consentManagement": ids}


@pytest.mark.parametrize(
    "context", [{}, {"consent": None}, {"consent": {}}, {"consent": {"provider": "x"}}, rudder()]
)
def test_an_event_that_says_nothing_may_be_used_for_anything(context: dict[str, Any]) -> None:
    assert ceiling(context, gpc=False) == ALL_BITS
    assert preferences(context) is None


@pytest.mark.parametrize(
    "context",
    [segment(**{"marketing.email": False}), segment(**{"marketing.email": "true"}),
     segment(**{"marketing.email": None}), rudder(deniedConsentIds=["marketing.email"]),
     rudder(allowedConsentIds=["marketing.email"], deniedConsentIds=["marketing.email"])],
)  # fmt: skip
def test_a_no_closes_its_purpose_and_what_needs_it(context: dict[str, Any]) -> None:
    assert closed(context) == {"marketing.email", "marketing.email.personalized"}
    assert preferences(context) == [Preference("marketing.email", False)]


@pytest.mark.parametrize(
    "context",
    [segment(**{"marketing.email": True}), rudder(allowedConsentIds=["marketing.email"]),
     segment(advertising=True)],
)  # fmt: skip
def test_a_yes_closes_nothing(context: dict[str, Any]) -> None:
    assert closed(context) == set()


@pytest.mark.parametrize(
    "context",
    [segment(advertising=False), rudder(deniedConsentIds=["C0004"]), {"consent": "no"},
     {"consent": ["marketing.email"]}, {"consent": {"categoryPreferences": "all"}},
     rudder(deniedConsentIds="all"), rudder(deniedConsentIds=[{"id": 1}]),
     {"consentManagement": False}, segment() | rudder(deniedConsentIds=7)],
)  # fmt: skip
def test_a_no_that_cannot_be_placed_leaves_what_needs_no_consent(context: dict[str, Any]) -> None:
    assert closed(context) == BY_KEY.keys() - ALWAYS


def test_both_shapes_together_and_the_no_counts() -> None:
    context = segment(**{"marketing.sms": True}) | rudder(deniedConsentIds=["marketing.sms"])

    assert closed(context) == {"marketing.sms", "marketing.sms.personalized"}
    assert preferences(context) == [Preference("marketing.sms", False)]


def test_the_browsers_signal_closes_sale_and_sharing_alone() -> None:
    assert closed({}, gpc=True) == {"share.audience_export", "share.sale"}


def test_a_key_that_is_no_purpose_is_no_preference() -> None:
    assert preferences(segment(advertising=True, recommend=False)) == [
        Preference("recommend", False)
    ]
