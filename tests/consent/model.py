"""
The fold once more, written as a reader of the law would: one question at a time, slowly.

An oracle for `consent.bits`: it shares no code with it and asks for each purpose and category by
itself whether the use is allowed. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cdp.kernel.protected import Category
from consent.bits import Facts, Rule, Statement

NEVER_REFUSED = {"service", "legal", "fraud", "rights", "support"}
DENIALS = {"refused", "withdrawn", "revoked", "expired", "invalidated"}


def is_allowed(
    purpose: str,
    category: Category,
    facts: Facts,
    said: Sequence[Statement],
    rules: Mapping[str, Rule],
    *,
    as_of: datetime,
) -> bool:
    """Say whether one kind of data may be used for one purpose."""
    if facts.erased or purpose not in rules:
        return False
    if facts.restricted and purpose not in {"legal", "rights"}:
        return False
    if category not in rules[purpose].spec.categories:
        return False
    if category in facts.refused_categories and purpose not in NEVER_REFUSED:
        return False
    return all(
        need in rules and _stands(rules[need], facts, said, as_of)
        for need in _with_all_needs(purpose, rules)
    )


def _with_all_needs(purpose: str, rules: Mapping[str, Rule]) -> set[str]:
    found = {purpose}
    for need in rules[purpose].spec.requires if purpose in rules else ():
        found |= _with_all_needs(need, rules)
    return found


def _stands(rule: Rule, facts: Facts, said: Sequence[Statement], as_of: datetime) -> bool:
    spec = rule.spec
    words = _last_words([each for each in said if each.purpose == spec.key], as_of)
    if any(word.state in DENIALS for word in words):
        return False
    yeses = [w for w in words if w.state == "granted" and not w.anonymous]
    yes = max(yeses, key=lambda word: word.said_at, default=None)
    asks_consent = spec.basis == "A6-1-a" and not spec.folded
    checks = [
        rule.open,
        not asks_consent or (yes is not None and _is_valid(yes, rule, as_of)),
        not spec.age_gated or facts.age in {"adult", "adult_declared", "minor_guardian"},
        not (spec.gpc_scope and facts.gpc) or (yes is not None and _answers(yes, facts)),
        spec.channel not in facts.closed_channels or spec.channel == "",
    ]
    return all(checks)


def _is_valid(yes: Statement, rule: Rule, as_of: datetime) -> bool:
    is_current = yes.expires_at is None or as_of < yes.expires_at
    return is_current and yes.notice_number >= rule.min_notice


def _answers(yes: Statement, facts: Facts) -> bool:
    return yes.method == "ask_again" and facts.gpc_at is not None and facts.gpc_at < yes.said_at


def _last_words(said: Sequence[Statement], as_of: datetime) -> list[Statement]:
    """Return the last word of each subject; a decision taken as the whole person stands alone."""
    heard = [w for w in said if w.said_at <= as_of and w.state not in {"requested", "deferred"}]
    last = []
    for subject in {word.subject for word in heard}:
        theirs = [word for word in heard if word.subject == subject]
        instant = max(word.said_at for word in theirs)
        newest = [word for word in theirs if word.said_at == instant]
        denials = [word for word in newest if word.state in DENIALS]
        last.append((denials or newest)[0])
    deciding = [word for word in last if word.decides]
    return deciding or last
