"""From a person's word to the bits of every row about them, in one transaction."""

from datetime import timedelta

import pytest

from cdp.kernel import clock, database
from cdp.kernel.protected import Category, OnClose
from cdp.kernel.roles import Role
from consent import expire, folding, ledger
from consent.catalog import BY_KEY
from consent.ledger import NotSwitchable, Said, State
from consent.models import ConsentRecord, Permission, SubjectFacts
from consent.purposes import UnknownPurpose
from consent.window import purpose
from tests.consent.rows import ACTOR, TABLES, Stored, queue, stored
from tests.people import Customer, Shop

EMAIL, SCORING = BY_KEY["marketing.email"], BY_KEY["profiling.scoring"]
DERIVED = {name for name, m in TABLES.items() if m.protection.on_close is OnClose.DELETE}
RATCHET = {name for name, m in TABLES.items() if m.protection.on_close is OnClose.RATCHET}


def say(customer: Customer, state: ConsentRecord.State, key: str) -> None:
    verbs = {
        State.GRANTED: ledger.grant,
        State.REFUSED: ledger.refuse,
        State.WITHDRAWN: ledger.withdraw,
    }
    with database.as_role(Role.INGEST):
        verbs[state](customer.subject, purpose=key, actor=ACTOR, method="portal", origin="portal")


def tables_open_for(customer: Customer, key: str) -> set[str]:
    return {row.table for row in stored(customer) if row.bits & BY_KEY[key].mask}


def reason(customer: Customer, key: str) -> str:
    with database.as_role(Role.INGEST):
        return str(SubjectFacts.objects.get(pk=customer.subject).reasons.get(key, ""))


def by_table(rows: list[Stored]) -> dict[str, int]:
    return {row.table: sum(each.table == row.table for each in rows) for row in rows}


def test_a_yes_sets_the_bit_on_every_row_of_the_purposes_categories(noor: Customer) -> None:
    with database.as_role(Role.INGEST):
        ledger.learn_ages({noor.subject: SubjectFacts.Age.ADULT}, as_of=clock.now())
    assert tables_open_for(noor, "profiling.scoring") == set()

    say(noor, State.GRANTED, "profiling.scoring")

    for row in stored(noor):
        assert bool(row.bits & SCORING.mask) is (row.category in SCORING.categories), row


def test_a_withdrawal_clears_the_bit_on_every_row_and_gives_its_reason(mei: Customer) -> None:
    assert tables_open_for(mei, "marketing.email")

    say(mei, State.WITHDRAWN, "marketing.email")

    assert tables_open_for(mei, "marketing.email") == set()
    assert reason(mei, "marketing.email") == "withdrawn"
    assert tables_open_for(mei, "marketing.sms"), "nothing else was taken back"


def test_a_refusal_leaves_what_needs_no_consent(jonas: Customer) -> None:
    assert reason(jonas, "profiling.scoring") == "withdrawn"  # a no through an event
    assert tables_open_for(jonas, "profiling.scoring") == set()
    assert "profiles_purchase" in tables_open_for(jonas, "service")


def test_results_of_a_closed_purpose_are_gone_and_those_of_others_stay(mei: Customer) -> None:
    before = by_table(stored(mei))
    assert before.keys() >= DERIVED

    say(mei, State.WITHDRAWN, "profiling.scoring")
    after_scoring = by_table(stored(mei))
    say(mei, State.WITHDRAWN, "profiling.segmentation")
    after_both = by_table(stored(mei))

    assert before.keys() - after_scoring.keys() == {"profiles_score"}
    assert after_both.keys() & DERIVED == set()
    assert {k: n for k, n in before.items() if k not in DERIVED} == after_both


def test_a_later_yes_reopens_history_but_never_a_pending_act(mei: Customer) -> None:
    say(mei, State.WITHDRAWN, "marketing.email")
    say(mei, State.GRANTED, "marketing.email")

    reopened = tables_open_for(mei, "marketing.email")
    fresh = queue(mei)
    with purpose("marketing.email", actor=ACTOR):
        alive = set(TABLES["campaigns_delivery"]._default_manager.values_list("pk", flat=True))

    assert {"profiles_profile", "profiles_vaultvalue"} <= reopened
    assert reopened & RATCHET == set()
    assert alive == {fresh}


def test_rows_that_arrive_after_a_withdrawal_are_stamped_without_it(
    furnished: Shop, mei: Customer
) -> None:
    say(mei, State.WITHDRAWN, "profiling.scoring")
    before = by_table(stored(mei))

    furnished.sell(mei, 12)
    furnished.send(
        {"type": "identify", "userId": mei.user_id, "traits": {"phone": "+4915112345678"}}
    )

    after = stored(mei)
    assert by_table(after)["profiles_purchase"] == before["profiles_purchase"] + 1
    assert by_table(after)["profiles_vaultvalue"] == before["profiles_vaultvalue"] + 1
    assert not any(row.bits & SCORING.mask for row in after)
    bought = [row for row in after if row.table == "profiles_purchase"]
    assert all(row.bits & BY_KEY["service"].mask for row in bought)


def test_a_yes_runs_out_by_itself(mei: Customer) -> None:
    with database.as_role(Role.INGEST):
        due = SubjectFacts.objects.get(pk=mei.subject).next_change_at
        assert due is not None
        expire.fold_due(as_of=due - timedelta(microseconds=1))
        assert tables_open_for(mei, "marketing.email")

        expire.fold_due(as_of=due)

    assert tables_open_for(mei, "marketing.email") == set()
    assert reason(mei, "marketing.email") == "expired"
    assert tables_open_for(mei, "service")


def test_a_refused_category_closes_its_rows_for_choice_and_not_for_contract(mei: Customer) -> None:
    with database.as_role(Role.INGEST):
        ledger.set_category(mei.subject, category=Category.PURCHASE, allowed=False, actor=ACTOR)
    refused = tables_open_for(mei, "profiling.scoring"), tables_open_for(mei, "service")
    with database.as_role(Role.INGEST):
        ledger.set_category(mei.subject, category=Category.PURCHASE, allowed=True, actor=ACTOR)

    assert "profiles_purchase" not in refused[0]
    assert "profiles_profile" in refused[0]
    assert "profiles_purchase" in refused[1]
    assert "profiles_purchase" in tables_open_for(mei, "profiling.scoring")


def test_the_same_statement_twice_is_one_record(mei: Customer) -> None:
    said = Said(
        mei.subject, "marketing.email", State.WITHDRAWN, clock.now(), "one_click", "portal",
        idempotency_key="click-1",
    )  # fmt: skip

    with database.as_role(Role.INGEST):
        ledger.write([said], actor=ACTOR)
        ledger.write([said], actor=ACTOR)
        records = ConsentRecord.objects.filter(idempotency_key="click-1").count()

    assert records == 1
    assert tables_open_for(mei, "marketing.email") == set()


def test_an_older_word_that_arrives_late_does_not_undo_a_newer_one(mei: Customer) -> None:
    say(mei, State.WITHDRAWN, "marketing.email")
    late = Said(
        mei.subject, "marketing.email", State.GRANTED, clock.now() - timedelta(days=3), "event",
        "api",
    )  # fmt: skip

    with database.as_role(Role.INGEST):
        ledger.write([late], actor=ACTOR)

    assert tables_open_for(mei, "marketing.email") == set()


@pytest.mark.parametrize(
    "key", ["service", "legal", "fraud", "rights", "operations", "marketing.email.personalized"]
)
def test_what_follows_from_law_contract_or_other_switches_has_no_switch(
    key: str, mei: Customer
) -> None:
    with pytest.raises(NotSwitchable):
        say(mei, State.WITHDRAWN, key)


def test_nobody_can_say_yes_to_what_is_not_in_use(mei: Customer) -> None:
    with pytest.raises(NotSwitchable):
        say(mei, State.GRANTED, "pricing.personal")


def test_an_unknown_purpose_is_refused(mei: Customer) -> None:
    with pytest.raises(UnknownPurpose):
        say(mei, State.GRANTED, "marketing.fax")


def test_a_person_may_object_to_statistics(noor: Customer) -> None:
    assert tables_open_for(noor, "analytics.aggregate")

    say(noor, State.WITHDRAWN, "analytics.aggregate")

    assert tables_open_for(noor, "analytics.aggregate") == set()
    assert reason(noor, "analytics.aggregate") == "objected"


def test_a_fold_that_fails_leaves_neither_record_nor_bits(mei: Customer) -> None:
    before = stored(mei)
    beyond = Said(mei.subject, "marketing.email", State.WITHDRAWN, clock.now(), "x" * 99, "portal")

    with database.as_role(Role.INGEST):
        with pytest.raises(Exception, match="too long"):
            ledger.write([beyond], actor=ACTOR)
        records = ConsentRecord.objects.filter(
            subject_id=mei.subject, state=State.WITHDRAWN
        ).count()

    assert records == 0
    assert stored(mei) == before


def test_permissions_and_rows_say_the_same(
    mei: Customer, sofia: Customer, jonas: Customer, noor: Customer
) -> None:
    for customer in (mei, sofia, jonas, noor):
        with database.as_role(Role.INGEST):
            permitted = dict(
                Permission.objects.filter(subject_id=customer.subject).values_list(
                    "category", "purpose_bits"
                )
            )
        for row in stored(customer):
            assert row.bits == permitted[row.category] & row.ceiling, row


def test_folding_again_changes_nothing(mei: Customer, sofia: Customer) -> None:
    before = stored(mei), stored(sofia)

    with database.as_role(Role.INGEST):
        folding.fold([mei.subject, sofia.subject], as_of=clock.now())

    assert (stored(mei), stored(sofia)) == before
