"""From the inbox to the tree: nothing lost, nothing twice, details sealed, people by pseudonym."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from audit import checkpoint, leaf, merkle, pseudonym, shelf, signing
from audit.actors import Actor
from audit.inbox import record
from audit.leaf import Leaf
from audit.sequencer import LogDiverged, sequence
from cdp.kernel import crypto, database
from cdp.kernel.roles import Role
from tests.audit import trees
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.logs import execute, inbox, rows, tamper

pytestmark = pytest.mark.django_db


def test_what_waited_is_in_the_tree_and_signed(people: dict[UUID, bytes]) -> None:
    record(ALICE, "vault.open", subject=MEI)
    record(ALICE, "segment.create", obj="segment:7")

    assert run() == 2

    with sequencer():
        newest = shelf.newest_checkpoint()
        stored = leaves()
    assert newest is not None
    assert inbox("id") == []
    assert [entry.act for entry in stored] == ["vault.open", "segment.create"]
    assert newest.root == trees.slow_root([leaf.encode(entry) for entry in stored])
    signed = checkpoint.read(newest.note, signing.verifiers())
    assert (signed.size, signed.root) == (2, newest.root)


def test_a_full_batch_leaves_the_rest_for_the_next(workspace_id: UUID) -> None:
    for number in range(5):
        record(ALICE, "segment.create", obj=f"segment:{number}")

    assert [run(limit=2) for _ in range(4)] == [2, 2, 1, 0]

    with sequencer():
        assert [entry.obj for entry in leaves()] == [f"segment:{n}" for n in range(5)]
        assert rows("SELECT size FROM audit_checkpoint ORDER BY size") == [(2,), (4,), (5,)]


def test_the_tree_grows_over_the_borders_of_tiles(workspace_id: UUID) -> None:
    for count in (250, 10, 600):
        execute(
            "INSERT INTO audit_inbox (actor, act) SELECT 'op:1', 'a.' || n "
            "FROM generate_series(1, %s) n",
            count,
        )
        run()

    with sequencer():
        newest = shelf.newest_checkpoint()
        raw = [leaf.encode(entry) for entry in leaves()]
        tree = shelf.tiles()
        path = merkle.inclusion_path(123, 860, tree.node)
    assert newest is not None
    assert newest.root == trees.slow_root(raw)
    assert path == trees.slow_inclusion(123, raw)


def test_the_leaf_says_what_was_recorded_and_nothing_of_the_person(
    people: dict[UUID, bytes], workspace_id: UUID
) -> None:
    record(ALICE, "vault.open", subject=MEI, obj="campaign:7", purpose="marketing.email")
    waiting = inbox("id, at, db_role")[0]
    run()

    with sequencer():
        entry = leaves()[0]
        raw = leaf.encode(entry)
    ref = pseudonym.of(MEI, workspace_key="audit-shop").hex()
    assert (entry.src, entry.recorded_at, entry.role) == (str(waiting[0]), *waiting[1:])
    assert (entry.actor, entry.act, entry.obj) == (str(ALICE), "vault.open", "campaign:7")
    assert (entry.purpose, entry.ref, entry.ws) == ("marketing.email", ref, str(workspace_id))
    assert str(MEI).encode() not in raw
    assert MEI.hex.encode() not in raw


def test_a_customer_who_acts_is_named_by_pseudonym(people: dict[UUID, bytes]) -> None:
    record(Actor.customer(MEI), "consent.withdraw", subject=MEI)
    record("cust:not-an-id", "consent.withdraw")
    run()

    with sequencer():
        actors = [entry.actor for entry in leaves()]
    assert actors == [f"cust:{pseudonym.of(MEI).hex()}", "cust:not-an-id"]


def test_a_detail_opens_under_the_persons_key_alone(people: dict[UUID, bytes]) -> None:
    record(ALICE, "vault.open", subject=MEI, detail={"fields": "email,phone"})
    run()

    with sequencer():
        entry = leaves()[0]
    sealed = base64.b64decode(entry.sealed)
    aad = crypto.field_aad("audit-shop", "audit_entry", "detail", MEI)
    assert entry.detail == ""
    assert crypto.unseal(people[MEI], sealed, aad) == b'{"fields":"email,phone"}'
    with pytest.raises(crypto.NotAuthentic):
        crypto.unseal(people[JONAS], sealed, aad)


def test_the_detail_of_an_entry_about_nobody_stays_readable(workspace_id: UUID) -> None:
    record(ALICE, "segment.create", detail={"people": 412})
    run()

    with sequencer():
        entry = leaves()[0]
    assert (entry.detail, entry.sealed, entry.ref) == ('{"people":412}', "", "")


def test_an_entry_about_a_person_whose_key_is_gone_keeps_no_detail(workspace_id: UUID) -> None:
    record(ALICE, "subject.erase", subject=MEI, detail={"rows": 7})
    run()

    with sequencer():
        entry = leaves()[0]
    assert (entry.detail, entry.sealed, entry.act) == ("", "", "subject.erase")


def test_a_data_key_that_was_tampered_with_holds_nobody_up(people: dict[UUID, bytes]) -> None:
    for person in people:
        record(ALICE, "vault.open", subject=person, detail={"fields": "email"})
    with database.as_role(Role.OWNER):
        execute("ALTER TABLE kernel_subjectkey NO FORCE ROW LEVEL SECURITY")
        execute("UPDATE kernel_subjectkey SET wrapped = %s WHERE subject_id = %s", bytes(61), MEI)

    run()

    with sequencer():
        assert [bool(entry.sealed) for entry in leaves()] == [False, True]


def test_nobodys_salt_is_anothers(workspace_id: UUID) -> None:
    """Case 30: equal entries have hashes that nobody can guess from one another."""
    for _ in range(3):
        record(ALICE, "segment.create")
    run()

    with sequencer():
        salts = {entry.salt for entry in leaves()}
    assert len(salts) == 3
    assert all(len(bytes.fromhex(salt)) == 16 for salt in salts)


def test_nothing_is_signed_over_a_tree_that_was_changed(log: int) -> None:
    tamper(
        "audit_tile",
        "UPDATE audit_tile SET data = set_byte(data, 0, get_byte(data, 0) # 1) WHERE level = 0",
    )
    record(ALICE, "segment.create")

    with pytest.raises(LogDiverged) as diverged:
        run()

    assert diverged.value.facts == {"size": log}
    assert inbox("act") == [("segment.create",)]


def test_nothing_is_signed_over_a_tile_that_is_gone(log: int) -> None:
    tamper("audit_tile", "DELETE FROM audit_tile")
    record(ALICE, "segment.create")

    with pytest.raises(LogDiverged):
        run()


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_log_refuses_change_even_to_its_owner(log: int, table: str, change: str) -> None:
    """Cases 20 and 26."""
    column = "size" if table == "audit_checkpoint" else "idx"
    with database.as_role(Role.OWNER):
        execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        assert rows(f"SELECT count(*) FROM {table}")[0][0] > 0

        with pytest.raises(DatabaseError, match="stay on the record"), transaction.atomic():
            execute(change.format(table, column, column))


def test_the_sequencer_itself_may_not_change_what_it_wrote(log: int) -> None:
    for statement in (
        "UPDATE audit_entry SET act = 'x'",
        "DELETE FROM audit_leaf",
        "UPDATE audit_checkpoint SET note = ''",
        "DELETE FROM audit_tile",
        "UPDATE audit_inbox SET act = 'x'",
    ):
        with (
            sequencer(),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            execute(statement)


@contextmanager
def sequencer() -> Iterator[None]:
    with database.as_role(Role.AUDIT):
        yield


def run(limit: int = 10_000) -> int:
    with sequencer(), transaction.atomic():
        return sequence(limit)


def leaves() -> list[Leaf]:
    return [leaf.decode(bytes(raw)) for (raw,) in rows("SELECT leaf FROM audit_leaf ORDER BY idx")]
