"""
From what a person said to the bits that every read obeys. Pure.

Each step may only clear. Unknown purpose, unknown state, missing facts: clear. Several subjects
that were merged into one person are folded together: any denial wins over any grant.
Source: consent reference, part 3.6; GDPR Art. 6(1)(a), 7(3), 18, 21; 11 CCR §7025.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cdp.kernel.protected import Category
from consent.catalog import SURVIVE_RESTRICTION, UNCONDITIONAL, PurposeSpec

ADULT = frozenset({"adult", "adult_declared", "minor_guardian"})
MINOR = frozenset({"minor"})
OPENING = "granted"
NEUTRAL = frozenset({"requested", "deferred"})
CLOSING = {
    "refused": "refused",
    "withdrawn": "withdrawn",
    "revoked": "revoked",
    "expired": "expired",
    "invalidated": "invalidated",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One consent record as the fold sees it; `subject` matters only after a merge."""

    purpose: str
    state: str
    said_at: datetime
    expires_at: datetime | None = None
    notice_number: int = 0
    method: str = ""
    subject: str = ""
    anonymous: bool = False
    decides: bool = False  # said as the merged person, so it replaces what each part had said

    @property
    def granted(self) -> bool:
        return self.state == OPENING


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a person besides what they said."""

    age: str = "unknown"
    gpc: bool = False
    gpc_at: datetime | None = None
    restricted: bool = False
    erased: bool = False
    refused_categories: frozenset[Category] = frozenset()
    closed_channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A purpose in force: the catalogue's entry and what an operator set on top of it."""

    spec: PurposeSpec
    open: bool = True
    min_notice: int = 0


@dataclass(frozen=True, slots=True)
class Fold:
    """The answer: bits per category, why each closed purpose is closed, when it changes next."""

    bits: dict[Category, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    next_change_at: datetime | None = None

    @property
    def on(self) -> int:
        """Return the bits that are set in any category."""
        together = 0
        for bits in self.bits.values():
            together |= bits
        return together


def effective_bits(
    facts: Facts, said: Iterable[Statement], rules: Mapping[str, Rule], *, as_of: datetime
) -> Fold:
    """
    Return the purpose bits in force for one person, per category, and why the rest is closed.

    The last statement about a purpose counts; between statements of one instant a denial wins.
    """
    latest = _latest(said, as_of=as_of)
    reasons: dict[str, str] = {}
    for key, rule in rules.items():
        why = _closed_by(facts, latest.get(key, ()), rule, as_of=as_of)
        if why:
            reasons[key] = why
    _close_what_requires(rules, reasons)
    if facts.restricted or facts.erased:
        word = "erased" if facts.erased else "restricted"
        survivors = frozenset[str]() if facts.erased else SURVIVE_RESTRICTION
        reasons |= {key: word for key in rules if key not in survivors and key not in reasons}
    bits = {
        category: sum(
            1 << rule.spec.bit
            for key, rule in rules.items()
            if key not in reasons and category in rule.spec.categories
            if key in UNCONDITIONAL or category not in facts.refused_categories
        )
        for category in Category
    }
    expiries = [
        statement.expires_at
        for each in latest.values()
        for statement in each
        if statement.granted and statement.expires_at and statement.expires_at > as_of
    ]
    return Fold(bits, reasons, min(expiries, default=None))


def _latest(said: Iterable[Statement], *, as_of: datetime) -> dict[str, tuple[Statement, ...]]:
    """Return, per purpose, the last word of each subject folded into this person."""
    last: dict[tuple[str, str], Statement] = {}
    for statement in said:
        if statement.state in NEUTRAL or statement.said_at > as_of:
            continue
        slot = (statement.purpose, statement.subject)
        if slot not in last or _order(last[slot]) < _order(statement):
            last[slot] = statement
    grouped: dict[str, list[Statement]] = {}
    decided = {purpose for (purpose, _), statement in last.items() if statement.decides}
    for (purpose, _), statement in last.items():
        if statement.decides or purpose not in decided:
            grouped.setdefault(purpose, []).append(statement)
    return {purpose: tuple(statements) for purpose, statements in grouped.items()}


def _order(statement: Statement) -> tuple[datetime, bool, str]:
    return (statement.said_at, not statement.granted, statement.state)


def _closed_by(facts: Facts, words: Sequence[Statement], rule: Rule, *, as_of: datetime) -> str:
    """Return why this purpose is closed by itself, or nothing."""
    spec = rule.spec
    if not rule.open:
        return "closed"
    denial = min((w for w in words if not w.granted), key=_order, default=None)
    if denial is not None:
        return CLOSING.get(denial.state, "invalidated") if spec.needs_consent else "objected"
    needs_word = spec.needs_consent and not spec.folded
    if needs_word and (why := _consent_missing(words, rule, as_of=as_of)):
        return why
    if spec.age_gated and facts.age not in ADULT:
        return "age"
    if spec.gpc_scope and facts.gpc and not _asked_again(facts, words):
        return "gpc"
    if spec.channel and spec.channel in facts.closed_channels:
        return "channel_suppressed"
    return ""


def _consent_missing(words: Sequence[Statement], rule: Rule, *, as_of: datetime) -> str:
    newest = max(_grants(words), key=_order, default=None)
    if newest is None:
        return "no_decision"
    if newest.notice_number < rule.min_notice:
        return "notice_outdated"
    if newest.expires_at is not None and newest.expires_at <= as_of:
        return "expired"
    return ""


def _asked_again(facts: Facts, words: Sequence[Statement]) -> bool:
    """Say whether the newest yes answers the browser's opt-out signal, knowing of it."""
    newest = max(_grants(words), key=_order, default=None)
    return (
        newest is not None
        and newest.method == "ask_again"
        and facts.gpc_at is not None
        and newest.said_at > facts.gpc_at
    )


def _grants(words: Sequence[Statement]) -> list[Statement]:
    # a yes given by an anonymous visitor never travels to a known person
    return [word for word in words if word.granted and not word.anonymous]


def _close_what_requires(rules: Mapping[str, Rule], reasons: dict[str, str]) -> None:
    """Close every purpose that needs a closed one, however many steps away."""
    changed = True
    while changed:
        changed = False
        for key, rule in rules.items():
            if key in reasons:
                continue
            lost = next((need for need in rule.spec.requires if need in reasons), None)
            lost = lost or next((need for need in rule.spec.requires if need not in rules), None)
            if lost is not None:
                reasons[key] = f"requires:{lost}"
                changed = True


def together(facts: Iterable[Facts]) -> Facts:
    """Return the facts of one person made of several subjects: the most restrictive of each."""
    parts = list(facts)
    signals = [part.gpc_at for part in parts if part.gpc]
    dated = [at for at in signals if at is not None]
    known = [part.age for part in parts if part.age != "unknown"]
    minor = next((age for age in known if age in MINOR), None)
    return Facts(
        age=minor or (known[0] if known else "unknown"),
        gpc=any(part.gpc for part in parts),
        # a signal of unknown time may be the newest, so no yes can be known to answer it
        gpc_at=max(dated, default=None) if len(dated) == len(signals) else None,
        restricted=any(part.restricted for part in parts),
        erased=any(part.erased for part in parts),
        refused_categories=frozenset().union(*(part.refused_categories for part in parts)),
        closed_channels=frozenset().union(*(part.closed_channels for part in parts)),
    )
