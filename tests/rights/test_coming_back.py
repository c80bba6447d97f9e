"""What comes in about an erased person: turned away with its reason, until they come back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from audit.models import Inbox
from cdp.kernel import clock, crypto, database, keyring
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from consent.models import Suppression
from profiles.events import intake
from profiles.events.intake import journal_aad
from profiles.events.models import Quarantined
from profiles.models import Event
from profiles.vault import index
from tests.people import EVERYTHING, Customer, Shop
from tests.rights.conftest import erased
from tests.rights.holdings import Holdings

PHONE = "+14155550177"


@pytest.fixture
def sofia(own_shop: Shop) -> Customer:
    """Return a customer who was erased an hour ago."""
    with clock.stopped(clock.now() - timedelta(hours=1)):
        customer = own_shop.welcome("sofia", says=EVERYTHING, phone=PHONE)
        erased(customer.subject)
    return customer


def events() -> int:
    with database.as_role(Role.INGEST):
        return Event.objects.count()


def refused() -> list[str]:
    with database.as_role(Role.INGEST):
        return sorted(Quarantined.objects.values_list("reason", flat=True))


def call(**more: Any) -> Mapping[str, Any]:
    return {"type": "track", "event": "Tea Poured", **more}


@pytest.mark.parametrize("by", ["userId", "email", "phone"])
def test_a_call_about_an_erased_person_is_turned_away_by_each_identifier(
    own_shop: Shop, sofia: Customer, by: str
) -> None:
    known = {"userId": sofia.user_id, "email": sofia.email, "phone": PHONE}
    before = events()

    if by == "userId":
        own_shop.send(call(userId=sofia.user_id))
    else:
        own_shop.send({"type": "identify", "userId": "an-import", "traits": {by: known[by]}})

    assert events() == before
    assert refused() == ["erased"]


def test_of_what_is_turned_away_no_word_is_kept(
    own_shop: Shop, sofia: Customer, holdings: Holdings
) -> None:
    own_shop.send(call(userId=sofia.user_id, messageId="m-77", properties={"note": "for Sofia"}))

    with database.as_role(Role.INGEST):
        row = Quarantined.objects.get()
    key = keyring.current().get(Use.INTAKE, row.intake_key_id)
    aad = journal_aad(row.source_id, key.id)
    assert crypto.unseal(key.material, bytes(row.sealed), aad) == b"{}"
    assert row.event_key == ""
    assert "profiles_event" not in holdings.mentions("Tea Poured")


def test_what_waited_in_the_journal_brings_nobody_back(own_shop: Shop) -> None:
    sofia = own_shop.welcome("sofia", says=EVERYTHING)
    with database.as_role(Role.INGEST):
        intake.accept_calls(own_shop.till, [call(userId=sofia.user_id)])
    erased(sofia.subject)
    before = events()

    own_shop.send(call(userId="somebody-else"))

    assert events() == before + 1
    assert refused() == ["erased"]


def test_everybody_else_comes_in_as_before(own_shop: Shop, sofia: Customer) -> None:
    before = events()

    own_shop.send(call(userId="mei-1"), call(userId=sofia.user_id), call(userId="jonas-1"))

    assert events() == before + 2


@pytest.mark.parametrize("event", ["Signed Up", "Account Created"])
def test_who_signs_up_again_is_somebody_new(own_shop: Shop, sofia: Customer, event: str) -> None:
    traits = {"email": sofia.email, "phone": PHONE}
    own_shop.send(
        {"type": "track", "event": event, "userId": sofia.user_id},
        {"type": "identify", "userId": sofia.user_id, "traits": traits},
    )
    own_shop.send({"type": "identify", "userId": sofia.user_id, "traits": traits})

    assert refused() == []
    assert own_shop.subject_of("email", sofia.email) != sofia.subject
    assert own_shop.subject_of("email", sofia.email) == own_shop.subject_of("phone", PHONE)


def test_a_yes_where_consent_is_given_lets_somebody_in_a_no_does_not(
    own_shop: Shop, sofia: Customer
) -> None:
    own_shop.hear(sofia, {"marketing.email": False})
    assert refused() == ["erased"]

    own_shop.hear(sofia, {"marketing.email": True})

    assert refused() == ["erased"]
    assert own_shop.subject_of("user_id", sofia.user_id) != sofia.subject


def test_a_yes_from_any_other_source_lets_nobody_in(own_shop: Shop, sofia: Customer) -> None:
    own_shop.preferences = own_shop.till

    own_shop.hear(sofia, {"marketing.email": True})

    assert refused() == ["erased"]


def test_an_address_that_somebody_living_holds_now_is_theirs(
    own_shop: Shop, sofia: Customer
) -> None:
    mei = own_shop.welcome("mei")

    own_shop.send({"type": "identify", "userId": mei.user_id, "traits": {"email": sofia.email}})

    assert own_shop.subject_of("email", sofia.email) == mei.subject


def test_history_from_before_stays_out_when_they_are_back(own_shop: Shop, sofia: Customer) -> None:
    own_shop.send({"type": "track", "event": "Signed Up", "userId": sofia.user_id})
    before, long_ago = events(), (clock.now() - timedelta(days=90)).isoformat()

    own_shop.send(call(userId=sofia.user_id, timestamp=long_ago))
    own_shop.send({**call(userId=sofia.user_id, timestamp=long_ago), "event": "Signed Up"})
    own_shop.send(call(userId=sofia.user_id))

    assert events() == before + 1
    assert refused() == ["erased", "erased"]


def test_who_came_back_can_be_erased_again(own_shop: Shop, sofia: Customer) -> None:
    own_shop.send({"type": "track", "event": "Signed Up", "userId": sofia.user_id})
    again = own_shop.subject_of("user_id", sofia.user_id)
    assert again != sofia.subject

    erased(again)

    own_shop.send(call(userId=sofia.user_id))
    assert refused() == ["erased"]


def test_the_platforms_own_events_about_them_are_turned_away(
    own_shop: Shop, sofia: Customer
) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT id FROM profiles_source WHERE key = 'candor'")
        row = sql.fetchone()
    assert row is not None
    platform = own_shop.till.__class__(row[0], own_shop.workspace.pk, "candor", False, False, False)

    own_shop.send(call(subjectId=str(sofia.subject), messageId="d:sent"), through=platform)

    assert refused() == ["erased"]


def test_a_suppression_says_nothing_of_whose_it_was(own_shop: Shop, sofia: Customer) -> None:
    with database.as_role(Role.INGEST):
        rows = list(Suppression.objects.values_list("kind", "digest", "scope"))

    blinds = {index.blind("email", sofia.email), index.blind("user_id", sofia.user_id)}
    assert {kind for kind, _, _ in rows} == {"user_id", "email", "phone"}
    assert {scope for _, _, scope in rows} == {"erased"}
    assert {bytes(digest) for _, digest, _ in rows} & blinds == set()


def test_coming_back_is_on_the_record(own_shop: Shop, sofia: Customer) -> None:
    own_shop.send({"type": "track", "event": "Signed Up", "userId": sofia.user_id})

    with database.as_role(Role.AUDIT):
        lifts = list(Inbox.objects.filter(act="suppression.lift").values_list("detail", flat=True))
    assert lifts == ['{"count":1}']
