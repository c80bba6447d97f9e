"""Whoever changes the vault's rows by SQL is noticed, named, and gets nothing shown."""

from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from audit.models import Inbox
from cdp.kernel import clock, crypto, database, keyring, subjects
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Keyring, Use
from cdp.kernel.roles import Role
from consent.window import purpose
from profiles.vault import open as vault
from profiles.vault import put
from profiles.vault.open import (
    FieldNotPermitted,
    Opened,
    VaultErased,
    VaultKeyMissing,
    VaultTampered,
    VaultUnreadable,
)
from tests.people import EVERYTHING, Customer, Shop

ACTOR = "job:test/1"
FIELDS = ("email", "phone", "first_name")
SHARED = {"email": "a@example.com"}


@pytest.fixture
def mei(shop: Shop) -> Customer:
    return shop.welcome("mei", says=EVERYTHING, phone="+8613800138000")


@pytest.fixture
def sofia(shop: Shop) -> Customer:
    return shop.welcome("sofia", says=EVERYTHING, phone="+4915112345678")


def opened(*people: Customer, fields: Collection[str] = FIELDS, key: str = "service") -> Opened:
    with purpose(key, actor=ACTOR):
        return vault.open([person.subject for person in people], fields, actor=ACTOR)


def sealed(person: Customer, field: str) -> bytes:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "SELECT sealed FROM profiles_vaultvalue WHERE subject_id = %s AND field = %s",
            [person.subject, field],
        )
        row = sql.fetchone()
    assert row is not None
    return bytes(row[0])


def write(person: Customer, field: str, value: bytes) -> None:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            "UPDATE profiles_vaultvalue SET sealed = %s WHERE subject_id = %s AND field = %s",
            [value, person.subject, field],
        )


def swap_data_keys(one: Customer, other: Customer) -> None:
    with database.as_role(Role.REWRAP), database.cursor() as sql:
        sql.execute(
            """UPDATE kernel_subjectkey k SET wrapped = o.wrapped FROM kernel_subjectkey o
               WHERE k.subject_id = ANY(%s) AND o.subject_id = ANY(%s)
                 AND o.subject_id <> k.subject_id""",
            [[one.subject, other.subject]] * 2,
        )
        assert sql.rowcount == 2


def named(failures: list[VaultUnreadable]) -> set[tuple[object, ...]]:
    return {(type(f), f.facts["table"], f.facts["column"], f.facts["subject"]) for f in failures}


def security_events() -> set[UUID | None]:
    with database.as_role(Role.AUDIT):
        return {entry.subject for entry in Inbox.objects.filter(act="vault.unreadable")}


def test_case_1_ciphertexts_of_two_people_exchanged(
    mei: Customer, sofia: Customer, shop: Shop
) -> None:
    """Attack case 1: swap the e-mail of A and B; both are named, other rows are served."""
    jonas = shop.welcome("jonas", says=EVERYTHING)
    hers, others = sealed(mei, "email"), sealed(sofia, "email")
    write(mei, "email", others)
    write(sofia, "email", hers)

    found = opened(mei, sofia, jonas)

    assert named(found.failed) == {
        (VaultTampered, "vault", "email", str(mei.subject)),
        (VaultTampered, "vault", "email", str(sofia.subject)),
    }
    assert security_events() == {mei.subject, sofia.subject}
    assert found[jonas.subject]["email"] == jonas.email
    assert found[mei.subject] == {"phone": "+8613800138000", "first_name": "Mei"}
    assert found.unreadable(mei.subject) == {"email"}


def test_case_2_a_phone_in_the_columns_of_the_email(mei: Customer) -> None:
    """Attack case 2: copy the phone ciphertext into the e-mail column."""
    write(mei, "email", sealed(mei, "phone"))

    found = opened(mei)

    assert named(found.failed) == {(VaultTampered, "vault", "email", str(mei.subject))}
    assert found[mei.subject].keys() == {"phone", "first_name"}


def test_case_3_one_byte_flipped_at_every_offset(mei: Customer) -> None:
    """Attack case 3: every byte in turn; never an empty text, never what lies there."""
    whole = sealed(mei, "email")
    for offset in range(len(whole)):
        changed = bytearray(whole)
        changed[offset] ^= 0x80
        write(mei, "email", bytes(changed))

        found = opened(mei, fields=["email"])

        assert found == {}, offset
        assert [type(failure) for failure in found.failed] == [VaultTampered], offset


@pytest.mark.parametrize("length", [*range(29), 29, 40])
def test_case_4_cut_off(length: int, mei: Customer) -> None:
    """Attack case 4: truncated to 0 to 28 bytes, and to what could be a whole value."""
    write(mei, "email", sealed(mei, "email")[:length])

    found = opened(mei, fields=["email"])

    assert (found, [type(failure) for failure in found.failed]) == ({}, [VaultTampered])


@pytest.mark.parametrize("plain", [b"mei@example.com", b"", b"\x01" + b"mei@example.com" * 3])
def test_case_5_plain_text_in_a_sealed_column(plain: bytes, mei: Customer) -> None:
    """Attack case 5: plain text written by SQL is an error, and not shown."""
    write(mei, "email", plain)

    found = opened(mei)

    assert "email" not in found[mei.subject]
    assert named(found.failed) == {(VaultTampered, "vault", "email", str(mei.subject))}


def test_case_6_data_keys_of_two_people_exchanged(
    mei: Customer, sofia: Customer, shop: Shop
) -> None:
    """Attack case 6: swapped data keys spoil their own subjects and nobody else."""
    jonas = shop.welcome("jonas", says=EVERYTHING)
    swap_data_keys(mei, sofia)

    found = opened(mei, sofia, jonas, fields=["email"])

    assert found == {jonas.subject: {"email": jonas.email}}
    assert named(found.failed) == {
        (VaultTampered, "vault", "email", str(mei.subject)),
        (VaultTampered, "vault", "email", str(sofia.subject)),
    }
    assert security_events() == {mei.subject, sofia.subject}


def test_a_key_that_is_not_in_the_keyring_is_named_and_people_under_others_are_served(
    mei: Customer, shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "keyring.json"
    keyring.create(FileProvider(path), keyring.current())
    settings.KEYRING = path
    keyring.change(lambda ring: ring.with_new(Use.KEK, at=clock.now()))
    with database.as_role(Role.REWRAP), database.cursor() as sql:
        sql.execute(
            """INSERT INTO kernel_key (use, key_id, check_value, state, wraps, created_at)
               VALUES ('kek', 2, '', 'enabled', 0, now())"""
        )
    newer = shop.welcome("newer", says=EVERYTHING)
    keyring.change(lambda ring: Keyring(k for k in ring.without(Use.KEK, 1).every()))

    found = opened(mei, newer, fields=["email"])

    assert found == {newer.subject: {"email": newer.email}}
    assert named(found.failed) == {(VaultKeyMissing, "vault", "email", str(mei.subject))}
    with pytest.raises(VaultKeyMissing, match="Restore the keyring"):
        found.stop_if_keys_are_missing()


def test_a_destroyed_data_key_is_the_normal_end_of_a_person(mei: Customer) -> None:
    with database.as_role(Role.OWNER), database.cursor() as sql:
        sql.execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        sql.execute("DELETE FROM kernel_subjectkey WHERE subject_id = %s", [mei.subject])
        sql.execute("ALTER TABLE kernel_subjectkey FORCE ROW LEVEL SECURITY")

    found = opened(mei, fields=["email"])

    assert named(found.failed) == {(VaultErased, "vault", "email", str(mei.subject))}
    found.stop_if_keys_are_missing()


ODD = [
    "",
    "0",
    "False",
    "\0",
    "\0\0",
    " ",
    "👩‍👩‍👧‍👦",
    "é",
    "e\u0301",
    "\ufeff",
    "x" * 1_000_000,
    "李" * 5_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_case_12_what_is_put_comes_back_exactly(text: str, mei: Customer, shop: Shop) -> None:
    """Attack case 12: empty, zero, false, NUL, emoji, a megabyte."""
    with database.as_role(Role.INGEST):
        keys = subjects.data_keys([mei.subject])
        value = put.Value(mei.subject, "address", text, shop.till.id)
        put.put_many([value], keys, at=clock.now())

    found = opened(mei, fields=["address"])

    assert found[mei.subject]["address"] == text
    assert len(sealed(mei, "address")) == len(text.encode()) + crypto.OVERHEAD_BYTES


def test_case_12_no_value_is_no_row_and_not_an_empty_text(mei: Customer) -> None:
    """Attack case 12: what was never given is absent."""
    assert opened(mei, fields=["last_name"]) == {}


def test_case_15_two_records_of_one_person_become_one_that_reads_as_one(shop: Shop) -> None:
    """Attack case 15: merge; nothing is sealed again, each value opens where it was sealed."""
    shop.send({"type": "identify", "anonymousId": "c1", "traits": SHARED})
    shop.send({"type": "identify", "anonymousId": "c2", "traits": {"phone": "+8613800138000"}})
    first, second = (shop.subject_of("anonymous_id", key) for key in ("c1", "c2"))
    before = _everything_sealed()

    shop.send(
        {"type": "page", "anonymousId": "c2", "context": {"traits": {"email": "a@example.com"}}}
    )

    person = shop.subject_of("anonymous_id", "c1")
    with purpose("service", actor=ACTOR):
        found = vault.open([first, second], FIELDS, actor=ACTOR)
    assert found == {person: {"email": "a@example.com", "phone": "+8613800138000"}}
    assert person == shop.subject_of("anonymous_id", "c2")
    assert before.items() <= _everything_sealed().items()


def test_case_15_a_person_who_is_two_again_reads_as_two(shop: Shop) -> None:
    """Attack case 15: split; the map of origins alone says whose a value is."""
    shop.send({"type": "identify", "anonymousId": "c1", "traits": SHARED})
    shop.send({"type": "identify", "anonymousId": "c2", "traits": {"phone": "+8613800138000"}})
    first, second = (shop.subject_of("anonymous_id", key) for key in ("c1", "c2"))
    shop.send(
        {"type": "page", "anonymousId": "c2", "context": {"traits": {"email": "a@example.com"}}}
    )

    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("UPDATE kernel_origin SET subject_id = origin WHERE origin = ANY(%s)",
                    [[first, second]])  # fmt: skip

    with purpose("service", actor=ACTOR):
        found = vault.open([first, second], FIELDS, actor=ACTOR)
    assert found == {first: {"email": "a@example.com"}, second: {"phone": "+8613800138000"}}


def _everything_sealed() -> dict[object, bytes]:
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute("SELECT subject_id::text || field, sealed FROM profiles_vaultvalue")
        return {key: bytes(value) for key, value in sql.fetchall()}


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_many_are_opened_in_chunks_each_on_the_record(
    chunk: int, mei: Customer, sofia: Customer, shop: Shop
) -> None:
    people = [mei, sofia, *(shop.welcome(f"p{n}", says=EVERYTHING) for n in range(3))]

    with purpose("service", actor=ACTOR):
        chunks = [
            dict(found)
            for found in vault.open_many(
                (person.subject for person in people), ["email"], actor=ACTOR, chunk=chunk
            )
        ]

    assert [len(each) for each in chunks][:-1] == [chunk] * (len(chunks) - 1)
    merged = {person: values for each in chunks for person, values in each.items()}
    assert merged == {person.subject: {"email": person.email} for person in people}
    with database.as_role(Role.AUDIT):
        read = Inbox.objects.filter(act="vault.open").values_list("subject", flat=True)
        assert sorted(read) == sorted(person.subject for person in people)  # type: ignore[type-var]


def test_a_document_number_is_opened_for_no_marketing_whatever_the_person_permits(
    mei: Customer, shop: Shop
) -> None:
    shop.send({"type": "identify", "userId": mei.user_id, "traits": {"passport": "C01X00T47"}})

    with pytest.raises(FieldNotPermitted, match="does not cover “id_number”"):
        opened(mei, fields=["id_number"], key="marketing.email")
    assert opened(mei, fields=["id_number"]) == {mei.subject: {"id_number": "C01X00T47"}}
    with purpose("service", actor=ACTOR):
        shown = vault.open_masked([mei.subject], ["id_number"], actor=ACTOR)
    assert shown == {mei.subject: {"id_number": "***47"}}


def test_a_devices_address_is_opened_where_the_purpose_covers_devices(
    mei: Customer, shop: Shop
) -> None:
    shop.send({"type": "identify", "userId": mei.user_id, "traits": {"ip": "203.0.113.195"}})

    with pytest.raises(FieldNotPermitted):
        opened(mei, fields=["ip_address"])
    assert opened(mei, fields=["ip_address"], key="fraud") == {
        mei.subject: {"ip_address": "203.0.113.195"}
    }
