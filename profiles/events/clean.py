"""
From a call as it was sent to an event as it is kept. Pure.

Normalizes time and identifiers, takes every personal value out of what is stored in the clear, and
says why where a call cannot be an event. Source: interop reference, parts 1.8 to 1.10.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from cdp.kernel.protected import Category
from consent import signals_in
from profiles.events.moment import moment_of
from profiles.events.passive import PASSIVE_EVENTS
from profiles.events.personal import looks_personal, without_personal
from profiles.events.wire import EVENT_BYTES
from profiles.vault.normalize import (
    UnreadableEmail,
    UnreadablePhone,
    UnusableIdentifier,
    email,
    external_id,
    phone,
)

KINDS = {
    "identify": "identify", "track": "track", "page": "page", "screen": "screen",
    "group": "group", "alias": "alias",
    "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias",
}  # fmt: skip
LONGEST_KEY, LONGEST_NAME, DEEPEST = 255, 200, 64
_COMMERCE = re.compile(r"^(Order|Checkout|Cart|Coupon|Payment|Product (Added|Removed))\b")
_MESSAGING = re.compile(r"^(Email|SMS|Push|Campaign|Unsubscribed|Message)\b")


class EventRefused(CdpError):
    """A call that cannot be an event; it goes to quarantine with this reason."""

    code = "event_refused"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Identifier:
    """A normalized value that points to a person; `kind` orders by trust."""

    kind: str
    value: str


@dataclass(slots=True)
class CleanEvent:
    """A call that can be kept; `private` is everything of it that must be sealed."""

    id: UUID
    source: UUID
    key: str
    kind: str
    name: str
    category: Category
    happened_at: datetime
    received_at: datetime
    identifiers: list[Identifier]
    properties: dict[str, Any]
    private: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
    ceiling: int
    amount_minor: int | None = None
    currency: str = ""
    flags: list[str] = field(default_factory=list)
    subject: UUID | None = None  # named outright, by the platform's own source alone

    @property
    def is_persons_act(self) -> bool:
        """Say whether the person did it; what was done to them is no sign of life."""
        return self.name not in PASSIVE_EVENTS


def clean(
    call: Any,
    *,
    source: UUID,
    received_at: datetime,
    sent_at: Any = None,
    kind: str = "",
    shared_context: Any = None,
    raw: bytes = b"",
    gpc: bool = False,
    is_platform: bool = False,
    region: str | None = None,
) -> CleanEvent:
    """
    Return the event that a call describes; `raw` is the call as it was sent.

    Only the platform's own source may name a person outright, by `subjectId`. `region` (ISO 3166)
    is where phone numbers without a prefix belong.

    :raises EventRefused: with the reason that quarantine keeps
    """
    if not isinstance(call, dict):
        raise EventRefused("not_an_object")
    if len(raw) > EVENT_BYTES:
        raise EventRefused("event_too_large", f"{len(raw)} bytes")
    if _may_be_unstorable(raw):
        _refuse_unstorable(call)
    kind_ = KINDS.get(kind or str(call.get("type") or "").lower())
    if kind_ is None:
        raise EventRefused("unknown_type")
    context = {**_object(shared_context), **_object(call.get("context"))}
    traits = {**_object(context.get("traits")), **_object(call.get("traits"))}
    key = call.get("messageId")
    if key is not None and (not isinstance(key, str) or not key or len(key) > LONGEST_KEY):
        raise EventRefused("unusable_message_id")
    name = _name(call, kind_)
    flags: list[str] = []
    happened_at = moment_of(call, sent_at, received_at, flags)
    properties = _object(call.get("properties"))
    public, hidden = without_personal(properties)
    amount, currency = _money(name, properties)
    subject = _subject(call) if is_platform else None
    return CleanEvent(
        id=uuid7(),
        source=source,
        key=_key(key),
        kind=kind_,
        name=name,
        category=categorize(kind_, name),
        happened_at=happened_at,
        received_at=received_at,
        identifiers=[] if subject else _identifiers(call, traits, flags, region),
        properties=public,
        private=_private(call, context, traits, properties if hidden else None),
        traits=traits if kind_ == "identify" else {},
        context=context,
        ceiling=signals_in.ceiling(context, gpc=gpc),
        amount_minor=amount,
        currency=currency,
        flags=flags,
        subject=subject,
    )


def _key(key: str | None) -> str:
    """Return the key that repeats are known by: as it came, unless it would name somebody."""
    if not key:
        return f"made-{uuid7()}"
    if looks_personal("", key):
        return f"made-{hashlib.sha256(key.encode()).hexdigest()}"
    return key


def categorize(kind: str, name: str) -> Category:
    """Return the kind of personal data an event is."""
    if kind in ("identify", "alias", "group"):
        return Category.IDENTITY
    if kind == "track" and _COMMERCE.match(name):
        return Category.PURCHASE
    if kind == "track" and (_MESSAGING.match(name) or name == signals_in.PREFERENCE_UPDATED):
        return Category.MESSAGE
    return Category.BROWSING


def _subject(call: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(str(call["subjectId"])) if "subjectId" in call else None
    except ValueError:
        raise EventRefused("unusable_subject") from None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _may_be_unstorable(raw: bytes) -> bool:
    """Say whether the slow look is needed: an escape for NUL or a surrogate, or many brackets."""
    return (
        not raw
        or raw.count(b"{") + raw.count(b"[") > DEEPEST
        or b"\\u0000" in raw
        or b"\\ud" in raw
        or b"\\uD" in raw
    )


def _refuse_unstorable(value: Any, depth: int = 0) -> None:
    """PostgreSQL stores no NUL and no lone surrogate; nesting is bounded."""
    if depth > DEEPEST:
        raise EventRefused("nested_too_deep")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise EventRefused("unstorable_character")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key, depth + 1)
            _refuse_unstorable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, depth + 1)


def _name(call: Mapping[str, Any], kind: str) -> str:
    name = call.get("event") if kind == "track" else call.get("name")
    if kind == "track" and (not isinstance(name, str) or not name.strip()):
        raise EventRefused("event_name_missing")
    text = name if isinstance(name, str) else ""
    if len(text) > LONGEST_NAME:
        raise EventRefused("event_name_too_long")
    return "" if looks_personal("", text) else text


def _identifiers(
    call: Mapping[str, Any],
    traits: Mapping[str, Any],
    flags: list[str],
    region: str | None,
) -> list[Identifier]:
    """Return the usable identifiers, most trusted first."""
    found: list[Identifier] = []
    candidates = (
        ("user_id", call.get("userId"), external_id),
        ("email", traits.get("email"), email),
        ("phone", traits.get("phone"), partial(phone, region=region)),
        ("anonymous_id", call.get("anonymousId"), external_id),
    )
    for kind, raw, normalize in candidates:
        if raw is None or isinstance(raw, (dict, list, bool)):
            continue
        try:
            found.append(Identifier(kind, normalize(str(raw))))
        except (UnreadableEmail, UnreadablePhone, UnusableIdentifier):
            flags.append(f"unusable_{kind}")
    if not found:
        raise EventRefused("missing_identity")
    return found


def _money(name: str, properties: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return an order's worth in minor units (two decimals) and its currency."""
    if not name.startswith("Order"):
        return None, ""
    for key in ("total", "revenue", "value"):
        value = properties.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12:
            return round(value * 100), str(properties.get("currency") or "")[:3]
    return None, ""


def _private(
    call: Mapping[str, Any],
    context: Mapping[str, Any],
    traits: Mapping[str, Any],
    properties: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the rest of the call, to be sealed: identifiers, context, traits, full properties."""
    sealed: dict[str, Any] = {}
    for key in ("userId", "anonymousId", "previousId", "groupId"):
        if call.get(key) is not None:
            sealed[key] = call[key]
    rest = {key: value for key, value in context.items() if key != "traits"}
    if rest:
        sealed["context"] = rest
    if traits:
        sealed["traits"] = dict(traits)
    if properties is not None:
        sealed["properties"] = dict(properties)
    named = call.get("event") or call.get("name")
    if isinstance(named, str) and looks_personal("", named):
        sealed["name"] = named  # it stands nowhere else
    if (sent := call.get("messageId")) and sent != _key(sent):
        sealed["messageId"] = sent
    return sealed
