"""Opening personal values: for a purpose, for those it shows, on the record, and nothing moved."""

from uuid import UUID, uuid4

import pytest

from audit.models import Inbox
from cdp.kernel import crypto, database
from cdp.kernel.roles import Role
from cdp.kernel.windows import PurposeRequired
from consent.window import purpose, subject_window
from profiles.vault import open as vault
from profiles.vault.fields import UnknownField
from profiles.vault.open import FieldNotPermitted, Opened, VaultErased, VaultTampered
from tests.people import EVERYTHING, Customer, Shop

ACTOR = "job:test/1"
FIELDS = ("email", "first_name", "birth_date")


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING)


@pytest.fixture
def sofia(shop: Shop) -> Customer:
    return shop.welcome("sofia", says=EVERYTHING)


@pytest.fixture
def jonas(shop: Shop) -> Customer:
    return shop.welcome("jonas", says=dict.fromkeys(EVERYTHING, False))


def opened(
    *people: Customer, fields: list[str] | None = None, key: str = "marketing.email"
) -> Opened:
    with purpose(key, actor=ACTOR):
        return vault.open([person.subject for person in people], fields or FIELDS, actor=ACTOR)


def readings() -> list[UUID]:
    with database.as_role(Role.AUDIT):
        found = Inbox.objects.filter(act="vault.open").values_list("subject", flat=True)
        return [subject for subject in found if subject]


def intake_does(statement: str, *values: UUID) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(statement, list(values))


def test_values_come_for_whom_the_window_shows_and_nobody_else(
    mei: Customer, jonas: Customer
) -> None:
    assert opened(mei, jonas) == {
        mei.subject: {"email": mei.email, "first_name": "Mei", "birth_date": "1984-05-02"}
    }
    assert opened(mei, jonas, key="service").keys() == {mei.subject, jonas.subject}


def test_each_reading_leaves_one_entry_a_person_that_names_fields_and_no_value(
    mei: Customer, sofia: Customer, jonas: Customer
) -> None:
    opened(mei, sofia, jonas)

    assert sorted(readings()) == sorted([mei.subject, sofia.subject])
    with database.as_role(Role.AUDIT):
        entry = Inbox.objects.filter(act="vault.open", subject=mei.subject).get()
    assert (entry.actor, entry.purpose) == (ACTOR, "marketing.email")
    assert entry.obj == "fields:birth_date,email,first_name"
    assert '"fields":"birth_date,email,first_name"' in entry.detail
    assert "canary" not in entry.detail


def test_asking_for_somebody_who_has_no_value_leaves_no_entry(mei: Customer) -> None:
    assert opened(mei, fields=["phone"]) == {}
    assert readings() == []


def test_outside_a_window_nothing_is_opened(mei: Customer) -> None:
    with pytest.raises(PurposeRequired):
        vault.open([mei.subject], FIELDS, actor=ACTOR)


@pytest.mark.parametrize("key", ["profiling.segmentation", "analytics.aggregate", "recommend"])
def test_a_purpose_that_covers_no_contact_data_opens_none(key: str, mei: Customer) -> None:
    with pytest.raises(FieldNotPermitted):
        opened(mei, key=key)

    assert readings() == []


def test_a_field_that_the_catalogue_does_not_list_is_refused(mei: Customer) -> None:
    with pytest.raises(UnknownField):
        opened(mei, fields=["shoe_size"])


def test_a_person_opens_their_own_values_whatever_they_permit(jonas: Customer) -> None:
    with database.as_role(Role.PORTAL), subject_window(jonas.subject, actor="cust:1"):
        own = vault.open([jonas.subject], FIELDS, actor="cust:1")

    assert own[jonas.subject]["email"] == jonas.email
    assert readings() == [jonas.subject]


def test_masked_values_show_too_little_to_reach_anybody(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        shown = vault.open_masked([mei.subject], FIELDS, actor=ACTOR)

    assert shown[mei.subject] == {
        "email": "m***@example.com", "first_name": "M***", "birth_date": "1984-**-**",
    }  # fmt: skip
    assert readings() == [mei.subject]
    with database.as_role(Role.AUDIT):
        assert Inbox.objects.get(act="vault.open").obj == "masked:birth_date,email,first_name"


def test_an_altered_cell_is_named_and_the_others_are_served(mei: Customer, sofia: Customer) -> None:
    intake_does(
        """UPDATE profiles_vaultvalue SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
           WHERE subject_id = %s AND field = 'email'""",
        mei.subject,
    )

    found = opened(mei, sofia)

    assert found[mei.subject].keys() == {"first_name", "birth_date"}
    assert found[sofia.subject]["email"] == sofia.email
    (failure,) = found.failed
    assert isinstance(failure, VaultTampered)
    assert failure.facts == {"table": "vault", "column": "email", "subject": str(mei.subject)}
    with database.as_role(Role.AUDIT):
        assert Inbox.objects.get(act="vault.unreadable").subject == mei.subject


SWAPS = {
    "between two people": """UPDATE profiles_vaultvalue v SET sealed = o.sealed
        FROM profiles_vaultvalue o WHERE v.field = 'email' AND o.field = 'email'
        AND v.subject_id = %s AND o.subject_id = %s""",
    "between two columns": """UPDATE profiles_vaultvalue v SET sealed = o.sealed
        FROM profiles_vaultvalue o WHERE v.field = 'email' AND o.field = 'first_name'
        AND v.subject_id = %s AND o.subject_id = v.subject_id AND %s::uuid IS NOT NULL""",
    "for plain text": """UPDATE profiles_vaultvalue SET sealed = 'mei@example.com'
        WHERE field = 'email' AND subject_id = %s AND %s::uuid IS NOT NULL""",
    "for nothing": """UPDATE profiles_vaultvalue SET sealed = ''
        WHERE field = 'email' AND subject_id = %s AND %s::uuid IS NOT NULL""",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_value_that_was_exchanged_is_not_served(
    swap: str, mei: Customer, sofia: Customer
) -> None:
    assert "email" in opened(mei)[mei.subject]

    intake_does(SWAPS[swap], mei.subject, sofia.subject)

    found = opened(mei)
    assert "email" not in found[mei.subject]
    assert [type(failure) for failure in found.failed] == [VaultTampered]


def test_without_their_key_nothing_of_a_person_opens_and_the_others_are_served(
    mei: Customer, sofia: Customer
) -> None:
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        sql.execute("DELETE FROM kernel_subjectkey WHERE subject_id = %s", [mei.subject])
        assert sql.rowcount == 1
        sql.execute("ALTER TABLE kernel_subjectkey FORCE ROW LEVEL SECURITY")

    found = opened(mei, sofia)

    assert found.keys() == {sofia.subject}
    assert {type(failure) for failure in found.failed} == {VaultErased}


def test_a_double_that_was_merged_in_brings_its_values_and_the_newest_wins(shop: Shop) -> None:
    first, second = "a.canary.7f3a@example.com", "b.canary.7f3a@example.com"
    shop.send({"type": "identify", "anonymousId": "c1",
               "traits": {"email": first, "first_name": "Priya"}})  # fmt: skip
    shop.send({"type": "identify", "anonymousId": "c2", "traits": {"email": second}})
    shop.send({"type": "page", "anonymousId": "c2", "context": {"traits": {"email": first}}})
    person = shop.subject_of("anonymous_id", "c1")

    with purpose("service", actor=ACTOR):
        found = vault.open([person], ["email", "first_name"], actor=ACTOR)

    assert found == {person: {"email": second, "first_name": "Priya"}}
    assert readings() == [person], "one entry, however many subjects stand for the person"


def test_no_value_is_stored_readable_and_equal_values_look_different(
    shop: Shop, mei: Customer
) -> None:
    twin = shop.welcome("mei")
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "SELECT sealed FROM profiles_vaultvalue WHERE field = 'first_name' "
            "AND subject_id = ANY(%s)",
            [[mei.subject, twin.subject]],
        )
        sealed = [bytes(row[0]) for row in sql.fetchall()]

    assert len(set(sealed)) == 2
    assert all(b"Mei" not in each and each[:1] == crypto.AES_256_GCM for each in sealed)


def test_nobody_is_opened_for_a_subject_that_does_not_exist(mei: Customer) -> None:
    with purpose("service", actor=ACTOR):
        assert vault.open([uuid4()], FIELDS, actor=ACTOR) == {}
