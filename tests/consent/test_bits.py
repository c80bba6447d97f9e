"""The fold: each step and its reason by example, and the whole against a model written anew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.kernel.protected import Category
from consent.bits import Facts, Fold, Rule, Statement, effective_bits, together
from consent.catalog import BY_KEY, CATALOG
from tests.consent import strategies as some
from tests.consent.model import is_allowed
from tests.consent.strategies import NOON, RULES

DAY = timedelta(days=1)
ADULT = Facts(age="adult")
ASKED = tuple(spec.key for spec in CATALOG if spec.needs_consent and not spec.folded)


def yes(purpose: str, *, days_ago: float = 1, **more: object) -> Statement:
    return Statement(purpose, "granted", NOON - days_ago * DAY, **more)  # type: ignore[arg-type]


def no(
    purpose: str, state: str = "withdrawn", *, days_ago: float = 0.5, **more: object
) -> Statement:
    return Statement(purpose, state, NOON - days_ago * DAY, **more)  # type: ignore[arg-type]


def fold(
    *said: Statement, facts: Facts = ADULT, rules: Mapping[str, Rule] = MappingProxyType({})
) -> Fold:
    return effective_bits(facts, said, {**RULES, **rules}, as_of=NOON)


def is_on(found: Fold, purpose: str) -> bool:
    return bool(found.on & BY_KEY[purpose].mask)


def test_a_yes_opens_its_purpose_in_its_categories_and_nowhere_else() -> None:
    found = fold(yes("marketing.email"))

    opened = {c for c, bits in found.bits.items() if bits & BY_KEY["marketing.email"].mask}
    assert opened == {Category.IDENTITY, Category.CONTACT, Category.MESSAGE, Category.SEGMENT}


def test_who_said_nothing_permits_what_needs_no_consent_and_nothing_else() -> None:
    found = fold()

    on = {spec.key for spec in CATALOG if is_on(found, spec.key)}
    assert on == {
        "service", "legal", "fraud", "analytics.aggregate", "research.dp", "rights", "support",
        "operations",
    }  # fmt: skip
    assert {found.reasons[key] for key in ASKED if RULES[key].spec.open} == {"no_decision"}


@pytest.mark.parametrize("state", ["refused", "withdrawn", "revoked", "expired", "invalidated"])
def test_a_later_no_closes_and_is_the_reason(state: str) -> None:
    found = fold(yes("marketing.email"), no("marketing.email", state))

    assert not is_on(found, "marketing.email")
    assert found.reasons["marketing.email"] == state


def test_a_state_nobody_knows_closes() -> None:
    found = fold(yes("marketing.email"), no("marketing.email", "perhaps"))

    assert found.reasons["marketing.email"] == "invalidated"


@pytest.mark.parametrize("state", ["requested", "deferred"])
def test_being_asked_changes_nothing(state: str) -> None:
    assert is_on(fold(yes("marketing.email"), no("marketing.email", state)), "marketing.email")
    assert not is_on(fold(no("marketing.email", state)), "marketing.email")


def test_a_no_to_a_legitimate_interest_is_an_objection() -> None:
    found = fold(no("analytics.aggregate"))

    assert found.reasons["analytics.aggregate"] == "objected"


def test_a_yes_under_an_older_notice_than_demanded_is_outdated() -> None:
    demanding = Rule(BY_KEY["marketing.email"], min_notice=2)

    outdated = fold(yes("marketing.email", notice_number=1), rules={"marketing.email": demanding})
    current = fold(yes("marketing.email", notice_number=2), rules={"marketing.email": demanding})

    assert outdated.reasons["marketing.email"] == "notice_outdated"
    assert is_on(current, "marketing.email")


def test_a_yes_ends_at_the_very_instant_it_expires() -> None:
    ends = yes("marketing.email", expires_at=NOON)
    lasts = yes("marketing.email", expires_at=NOON + timedelta(microseconds=1))

    assert fold(ends).reasons["marketing.email"] == "expired"
    assert is_on(fold(lasts), "marketing.email")


def test_the_next_change_is_the_earliest_expiry_still_ahead() -> None:
    found = fold(
        yes("marketing.email", expires_at=NOON + 3 * DAY),
        yes("marketing.sms", expires_at=NOON + 2 * DAY),
        yes("recommend", expires_at=NOON - DAY),
    )

    assert found.next_change_at == NOON + 2 * DAY


@pytest.mark.parametrize(
    ("age", "is_open"),
    [("adult", True), ("adult_declared", True), ("minor_guardian", True), ("minor", False),
     ("unknown", False)],
)  # fmt: skip
def test_marketing_and_profiling_need_an_adult_or_a_guardian(age: str, is_open: bool) -> None:
    found = fold(yes("marketing.email"), yes("profiling.scoring"), facts=Facts(age=age))

    assert is_on(found, "marketing.email") is is_on(found, "profiling.scoring") is is_open
    assert is_open or found.reasons["marketing.email"] == "age"


SHARING = {"share.audience_export": Rule(BY_KEY["share.audience_export"])}
SHARES = (yes("share.audience_export"), yes("profiling.segmentation"))
SIGNAL = Facts(age="adult", gpc=True, gpc_at=NOON - DAY / 2)


def test_the_browsers_signal_closes_sharing_against_an_earlier_yes_and_nothing_else() -> None:
    found = fold(*SHARES, facts=SIGNAL, rules=SHARING)

    assert found.reasons["share.audience_export"] == "gpc"
    assert is_on(found, "profiling.segmentation")


def test_who_is_asked_again_after_the_signal_may_open_sharing() -> None:
    asked = yes("share.audience_export", days_ago=0.25, method="ask_again")

    assert is_on(fold(*SHARES, asked, facts=SIGNAL, rules=SHARING), "share.audience_export")


@pytest.mark.parametrize(
    "answer",
    [
        yes("share.audience_export", days_ago=0.25),
        yes("share.audience_export", days_ago=0.75, method="ask_again"),
        yes(
            "share.audience_export", days_ago=0.25, method="ask_again", anonymous=True, subject="b"
        ),
    ],
    ids=["without being told", "before the signal", "as an anonymous visitor"],
)
def test_no_other_yes_answers_the_signal(answer: Statement) -> None:
    found = fold(*SHARES, answer, facts=SIGNAL, rules=SHARING)

    assert found.reasons["share.audience_export"] == "gpc"


def test_a_signal_of_unknown_time_is_answered_by_no_yes() -> None:
    undated = together([SIGNAL, Facts(age="adult", gpc=True)])
    asked = yes("share.audience_export", days_ago=0.25, method="ask_again")

    found = fold(*SHARES, asked, facts=undated, rules=SHARING)

    assert found.reasons["share.audience_export"] == "gpc"


def test_a_suppressed_address_closes_its_channel_alone() -> None:
    bounced = replace(ADULT, closed_channels=frozenset({"email"}))

    found = fold(yes("marketing.email"), yes("marketing.sms"), facts=bounced)

    assert found.reasons["marketing.email"] == "channel_suppressed"
    assert is_on(found, "marketing.sms")


def test_a_combined_purpose_needs_each_of_its_parts() -> None:
    both = fold(yes("marketing.email"), yes("profiling.segmentation"))
    one = fold(yes("marketing.email"))

    assert is_on(both, "marketing.email.personalized")
    assert one.reasons["marketing.email.personalized"] == "requires:profiling.segmentation"


def test_needs_are_followed_however_many_steps_away() -> None:
    pricing = replace(BY_KEY["pricing.personal"], requires=("train_model.scoring",))
    rules = {"pricing.personal": Rule(pricing)}
    said = [yes("pricing.personal"), yes("train_model"), yes("profiling.scoring")]

    assert is_on(fold(*said, rules=rules), "pricing.personal")
    found = fold(*said, no("profiling.scoring"), rules=rules)
    assert found.reasons["pricing.personal"] == "requires:train_model.scoring"


def test_a_need_that_no_catalogue_lists_is_not_met() -> None:
    rules = {key: rule for key, rule in RULES.items() if key != "profiling.segmentation"}

    found = effective_bits(ADULT, [yes("marketing.email")], rules, as_of=NOON)

    assert found.reasons["marketing.email.personalized"] == "requires:profiling.segmentation"


def test_a_closed_purpose_stays_closed_whatever_was_said() -> None:
    shut = {"pricing.personal": Rule(BY_KEY["pricing.personal"], open=False)}

    found = fold(yes("pricing.personal"), yes("profiling.scoring"), rules=shut)

    assert found.reasons["pricing.personal"] == "closed"


def test_restriction_leaves_the_law_and_the_persons_own_rights() -> None:
    found = fold(yes("marketing.email"), facts=replace(ADULT, restricted=True))

    assert {spec.key for spec in CATALOG if is_on(found, spec.key)} == {"legal", "rights"}
    assert found.reasons["marketing.email"] == "restricted"


def test_erasure_leaves_nothing() -> None:
    found = fold(yes("marketing.email"), facts=replace(ADULT, erased=True, restricted=True))

    assert found.on == 0
    assert found.reasons["rights"] == "erased"


def test_a_refused_category_is_closed_but_for_contract_law_and_own_rights() -> None:
    no_purchases = replace(ADULT, refused_categories=frozenset({Category.PURCHASE}))

    found = fold(yes("profiling.scoring"), facts=no_purchases)

    kept = {s.key for s in CATALOG if found.bits[Category.PURCHASE] & s.mask}
    assert kept == {"service", "legal", "fraud", "rights", "support"}
    assert found.bits[Category.BROWSING] & BY_KEY["profiling.scoring"].mask


@given(st.lists(some.statements(), max_size=12), some.facts, some.rules())
def test_bits_are_what_the_model_allows(
    said: list[Statement], facts: Facts, rules: dict[str, Rule]
) -> None:
    # two yeses of one instant are a tie that either may win
    said = list({(s.purpose, s.said_at, s.state == "granted"): s for s in said}.values())

    found = effective_bits(facts, said, rules, as_of=NOON)

    for spec in CATALOG:
        for category in Category:
            allowed = is_allowed(spec.key, category, facts, said, rules, as_of=NOON)
            assert bool(found.bits[category] & spec.mask) is allowed, (spec.key, category)


@given(st.lists(some.statements(), max_size=12), some.facts, some.rules())
def test_every_closed_purpose_says_why_and_no_open_one_does(
    said: list[Statement], facts: Facts, rules: dict[str, Rule]
) -> None:
    found = effective_bits(facts, said, rules, as_of=NOON)

    for key, rule in rules.items():
        unrefused = rule.spec.categories - facts.refused_categories
        assert bool(found.on & rule.spec.mask) <= (key not in found.reasons)
        assert (key in found.reasons) or not unrefused or found.on & rule.spec.mask


@given(
    st.lists(some.statements(), max_size=10),
    some.facts,
    some.rules(),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_matter(
    said: list[Statement], facts: Facts, rules: dict[str, Rule], random: Random
) -> None:
    said = list({(s.purpose, s.said_at, s.state): s for s in said}.values())
    shuffled = random.sample(said, len(said))

    again = effective_bits(facts, shuffled, rules, as_of=NOON)

    assert again == effective_bits(facts, said, rules, as_of=NOON)


@given(st.lists(some.statements(), max_size=10), some.facts, st.sampled_from(ASKED))
def test_a_withdrawal_now_closes_the_purpose_and_all_that_need_it(
    said: list[Statement], facts: Facts, purpose: str
) -> None:
    merged = any(each.decides for each in said)
    now = Statement(purpose, "withdrawn", NOON, subject="a", decides=merged)

    found = effective_bits(facts, [*said, now], RULES, as_of=NOON)

    closed = [s for s in CATALOG if s.key == purpose or purpose in s.requires]
    assert not any(is_on(found, spec.key) for spec in closed)


@given(
    st.lists(st.lists(some.statements(subjects=("a",)), max_size=5), min_size=2, max_size=3),
    st.lists(some.facts, min_size=3, max_size=3),
    some.rules(),
)
def test_a_merged_person_permits_no_more_than_the_parts_together(
    parts: list[list[Statement]], facts: list[Facts], rules: dict[str, Rule]
) -> None:
    known = [_as_subject(number, said) for number, said in enumerate(parts)]
    alone = [
        effective_bits(fact, said, rules, as_of=NOON).on
        for fact, said in zip(facts, known, strict=False)
    ]
    whole = effective_bits(
        together(facts[: len(known)]), [s for said in known for s in said], rules, as_of=NOON
    )

    assert whole.on & ~_any(alone) == 0


@given(
    st.lists(some.statements(subjects=("a", "b")), max_size=8), some.facts, some.rules(),
    st.sampled_from(ASKED), st.sampled_from(["refused", "withdrawn", "revoked", "expired"]),
)  # fmt: skip
def test_after_a_merge_any_denial_wins_over_every_grant(
    said: list[Statement], facts: Facts, rules: dict[str, Rule], purpose: str, denial: str
) -> None:
    before = [replace(each, decides=False) for each in said]
    other = Statement(purpose, denial, NOON - 30 * DAY, subject="someone merged in")

    found = effective_bits(facts, [*before, other], rules, as_of=NOON)

    assert not is_on(found, purpose)


def test_only_a_decision_taken_as_the_merged_person_reopens() -> None:
    parts = [yes("marketing.email", subject="a"), no("marketing.email", subject="b")]
    decided = yes("marketing.email", days_ago=0.1, subject="a", decides=True)

    assert not is_on(fold(*parts), "marketing.email")
    assert is_on(fold(*parts, decided), "marketing.email")


def test_a_yes_of_an_anonymous_visitor_does_not_travel_but_their_no_does() -> None:
    visitor = yes("marketing.email", subject="b", anonymous=True)
    refusal = no("marketing.email", subject="b", anonymous=True)

    assert fold(visitor).reasons["marketing.email"] == "no_decision"
    assert not is_on(fold(yes("marketing.email", subject="a"), refusal), "marketing.email")


def test_together_the_most_restrictive_facts_hold() -> None:
    minor = Facts(age="minor", closed_channels=frozenset({"email"}))
    signaling = Facts(age="adult", gpc=True, gpc_at=NOON, restricted=True)
    refusing = Facts(refused_categories=frozenset({Category.LOCATION}), erased=True)

    found = together([signaling, minor, refusing])

    assert found == Facts(
        age="minor", gpc=True, gpc_at=NOON, restricted=True, erased=True,
        refused_categories=frozenset({Category.LOCATION}), closed_channels=frozenset({"email"}),
    )  # fmt: skip


def _as_subject(number: int, said: Sequence[Statement]) -> list[Statement]:
    return [replace(each, subject=str(number), decides=False) for each in said]


def _any(bits: Sequence[int]) -> int:
    found = 0
    for each in bits:
        found |= each
    return found
