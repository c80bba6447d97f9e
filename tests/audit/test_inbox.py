"""Writing to the record: with the act, by every role, forged by none."""

from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import EntryTooLong, record, record_many
from cdp.kernel import database
from cdp.kernel.roles import APPLICATION, Role
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.logs import execute, inbox, rows

pytestmark = pytest.mark.django_db


def test_an_act_is_on_the_record(workspace_id: UUID) -> None:
    record(ALICE, "vault.open", subject=MEI, obj="campaign:7", detail={"fields": "email", "n": 1})

    assert inbox("actor, act, subject, obj, detail, workspace_id, db_role, at IS NOT NULL") == [
        (
            str(ALICE),
            "vault.open",
            MEI,
            "campaign:7",
            '{"fields":"email","n":1}',
            workspace_id,
            session_user(),
            True,
        )
    ]


@pytest.mark.parametrize("role", APPLICATION)
def test_every_process_can_put_its_acts_on_the_record(workspace_id: UUID, role: Role) -> None:
    with database.as_role(role):
        record(ALICE, "profile.view", subject=MEI)

    assert inbox("act, subject") == [("profile.view", MEI)]


def test_the_open_purpose_and_request_are_recorded(workspace_id: UUID) -> None:
    with acting(ALICE, request="req-9", purpose="marketing.email"):
        record(ALICE, "vault.open", subject=MEI)
        record(ALICE, "vault.open", subject=JONAS, purpose="support")
    record(ALICE, "profile.view", subject=MEI)

    assert inbox("purpose, req") == [("marketing.email", "req-9"), ("support", "req-9"), ("", "")]


def test_an_inner_actor_gives_way_to_the_outer_one(workspace_id: UUID) -> None:
    with acting("op:outer"):
        with acting("op:inner"):
            assert current_actor() == "op:inner"
        assert current_actor() == "op:outer"
    assert current_actor() == f"db:{session_user()}"


def test_many_people_get_an_entry_each(workspace_id: UUID) -> None:
    record_many(
        Actor.job("send", "7"),
        "vault.open",
        subjects=[MEI, JONAS],
        obj='a\ttab and a "quote"\n',
        detail={"fields": "email"},
    )

    entry = ("job:send/7", 'a\ttab and a "quote"\n', '{"fields":"email"}', workspace_id)
    assert inbox("actor, obj, detail, workspace_id") == [entry, entry]
    assert {row[0] for row in inbox("subject")} == {MEI, JONAS}


def test_an_act_that_rolls_back_leaves_no_entry(workspace_id: UUID) -> None:
    """Case 21."""
    with pytest.raises(RuntimeError), database.atomic():
        record(ALICE, "segment.delete")
        raise RuntimeError
    record(ALICE, "segment.create")

    assert inbox("act") == [("segment.create",)]


def test_an_entry_that_says_too_much_is_refused(workspace_id: UUID) -> None:
    with pytest.raises(EntryTooLong) as refused:
        record(ALICE, "import.run", detail={"rows": "x" * 8_000})

    assert "xxx" not in str(refused.value)
    assert inbox("act") == []


def test_the_database_too_refuses_an_entry_that_fits_no_leaf(workspace_id: UUID) -> None:
    with pytest.raises(DatabaseError, match="audit_inbox_fits_a_leaf"), transaction.atomic():
        execute("INSERT INTO audit_inbox (actor, act) VALUES ('op:1', repeat('x', 8000))")


@pytest.mark.parametrize(
    "forgery",
    [
        "INSERT INTO audit_inbox (actor, act, db_role) VALUES ('op:1', 'x.y', 'cdp_web')",
        "INSERT INTO audit_inbox (actor, act, at) VALUES ('op:1', 'x.y', '2020-01-01')",
        "INSERT INTO audit_inbox (actor, act, workspace_id) VALUES ('op:1', 'x.y', NULL)",
        "INSERT INTO audit_inbox (id, actor, act) VALUES (1, 'op:1', 'x.y')",
        "SELECT * FROM audit_inbox",
        "UPDATE audit_inbox SET act = 'x.z'",
        "DELETE FROM audit_inbox",
        "TRUNCATE audit_inbox",
    ],
)
def test_a_writer_can_only_write_and_only_its_own_columns(workspace_id: UUID, forgery: str) -> None:
    for role in APPLICATION:
        if role is Role.AUDIT:  # the sequencer takes rows out
            continue
        with (
            database.as_role(role),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            execute(forgery)


def session_user() -> str:
    return str(rows("SELECT session_user::text")[0][0])


def current_actor() -> str:
    return str(rows("SELECT audit_actor()")[0][0])
