"""Changed rows are on the record whichever way they were changed; values never are."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, transaction

from audit.acting import acting
from audit.install import change_triggers, statements
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit.conftest import JONAS, MEI
from tests.audit.logs import execute, inbox, rows

pytestmark = pytest.mark.django_db

NOTES = """CREATE TABLE h_note (
    subject_id uuid, slot int, workspace_id uuid, body text, extra json, seen_at timestamptz,
    purpose_bits bigint DEFAULT 0, updated_at timestamptz, PRIMARY KEY (subject_id, slot))"""
RULES = "CREATE TABLE h_rule (id uuid PRIMARY KEY, name text, body jsonb, done int DEFAULT 0)"
RULE = UUID(int=7)


@pytest.fixture
def notes(workspace_id: UUID) -> str:
    """A watched table about people: two notes about Mei, one about Jonas."""
    return _watched(NOTES, "h_note", per_person=True, rows_of=_notes)


@pytest.fixture
def rules(workspace_id: UUID) -> str:
    """A watched table about nobody, with one row."""
    return _watched(RULES, "h_rule", per_person=False, ignore=["done"], rows_of=_rules)


def _notes() -> None:
    for person, slot in ((MEI, 1), (MEI, 2), (JONAS, 1)):
        execute("INSERT INTO h_note (subject_id, slot, body) VALUES (%s, %s, 'old')", person, slot)


def _rules() -> None:
    execute("INSERT INTO h_rule VALUES (%s, 'old', '{}')", RULE)


def _watched(
    create: str,
    table: str,
    *,
    per_person: bool,
    rows_of: Callable[[], None],
    ignore: list[str] | None = None,
) -> str:
    with database.as_role(Role.OWNER):
        execute(create)
        rows_of()
        execute(f"GRANT ALL ON {table} TO {Role.WEB}, {Role.FOLD}")
    for statement in change_triggers(table, per_person=per_person, ignore=ignore or []):
        execute(statement)
    execute(f"SET ROLE {Role.WEB}")
    return table


ADD = "INSERT INTO h_note (subject_id, slot, body) VALUES ('{person}', {slot}, 'secret')"


def test_an_inserted_row_is_on_the_record_with_who_and_why(notes: str, workspace_id: UUID) -> None:
    with acting("op:1", request="req-9", purpose="support"):
        execute(ADD.format(person=MEI, slot=3))

    columns = "actor, act, subject, obj, purpose, req, workspace_id, detail"
    assert inbox(columns) == [
        ("op:1", "h_note.insert", MEI, "h_note", "support", "req-9", workspace_id, '{"rows" : 1}')
    ]


WRITES: dict[str, Callable[[], None]] = {
    "values": lambda: execute(
        f"INSERT INTO h_note (subject_id, slot) VALUES ('{MEI}', 8), ('{JONAS}', 8)"
    ),
    "select": lambda: execute(
        "INSERT INTO h_note (subject_id, slot) SELECT subject_id, 9 FROM h_note WHERE slot = 1"
    ),
    "upsert": lambda: execute(
        f"INSERT INTO h_note (subject_id, slot) VALUES ('{MEI}', 8), ('{JONAS}', 8) "
        "ON CONFLICT (subject_id, slot) DO UPDATE SET body = 'x'"
    ),
    "copy": lambda: _copy(),
}


def _copy() -> None:
    with (
        database.cursor() as cursor,
        cursor.copy("COPY h_note (subject_id, slot) FROM STDIN") as copy,
    ):
        for person in (MEI, JONAS):
            copy.write_row([person, 8])


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_way_of_inserting_records_each_person_once(
    notes: str, write: Callable[[], None]
) -> None:
    """Case 19: several rows, INSERT … SELECT, upsert and COPY."""
    write()

    found = set(inbox("act, subject"))
    assert found >= {("h_note.insert", MEI), ("h_note.insert", JONAS)}
    assert len(inbox("id")) == len(found)


def test_an_update_names_the_columns_and_counts_the_rows_of_each_person(notes: str) -> None:
    execute("UPDATE h_note SET body = 'secret', extra = '{\"a\": \"secret\"}'")

    assert sorted(inbox("subject, act, detail")) == [
        (MEI, "h_note.update", '{"columns" : "body,extra", "rows" : 2}'),
        (JONAS, "h_note.update", '{"columns" : "body,extra", "rows" : 1}'),
    ]


def test_an_update_that_changes_nothing_says_nothing(notes: str) -> None:
    execute("UPDATE h_note SET body = 'old'")
    execute("UPDATE h_note SET body = 'x' WHERE slot = 99")

    assert inbox("act") == []


def test_an_upsert_records_what_it_inserted_apart_from_what_it_updated(notes: str) -> None:
    """Case 19."""
    execute(
        f"INSERT INTO h_note (subject_id, slot) VALUES ('{MEI}', 1), ('{JONAS}', 2) "
        "ON CONFLICT (subject_id, slot) DO UPDATE SET body = 'new'"
    )

    assert set(inbox("act, subject")) == {("h_note.insert", JONAS), ("h_note.update", MEI)}


def test_a_changed_key_is_a_change(notes: str) -> None:
    execute("UPDATE h_note SET slot = 5 WHERE subject_id = %s AND slot = 1", MEI)

    assert "slot" in inbox("detail")[0][0]


def test_a_deletion_records_each_person(notes: str) -> None:
    execute("DELETE FROM h_note")

    assert sorted(inbox("subject, act, detail")) == [
        (MEI, "h_note.delete", '{"rows" : 2}'),
        (JONAS, "h_note.delete", '{"rows" : 1}'),
    ]


def test_no_value_is_on_the_record(notes: str) -> None:
    execute(ADD.format(person=MEI, slot=3))
    execute("UPDATE h_note SET body = 'secret' || slot")
    execute("DELETE FROM h_note WHERE body LIKE 'secret%%'")

    entries = inbox("to_jsonb(audit_inbox)::text")
    assert len(entries) == 5
    assert not any("secret" in text for (text,) in entries)


def test_folding_bits_is_not_a_change_but_setting_them_is(notes: str) -> None:
    with database.as_role(Role.FOLD):
        execute("UPDATE h_note SET purpose_bits = 6")
    assert inbox("act") == []

    execute("UPDATE h_note SET purpose_bits = 7 WHERE subject_id = %s", JONAS)

    assert inbox("act, subject") == [("h_note.bits", JONAS)]


def test_a_table_that_was_watched_cannot_be_truncated(notes: str, rules: str) -> None:
    """Case 20."""
    for table in (notes, rules):
        with pytest.raises(DatabaseError, match="stay on the record"), transaction.atomic():
            execute(f"TRUNCATE {table}")


def test_a_row_about_nobody_is_named_by_its_key(rules: str, workspace_id: UUID) -> None:
    other = UUID(int=8)
    execute("INSERT INTO h_rule VALUES (%s, 'new', '{}')", other)
    execute("UPDATE h_rule SET name = 'x', body = '{\"a\": 1}', done = 1 WHERE id = %s", other)
    execute("UPDATE h_rule SET done = 2")
    execute("DELETE FROM h_rule WHERE id = %s", RULE)

    assert inbox("act, obj, subject, workspace_id, detail") == [
        ("h_rule.insert", f"h_rule:{other}", None, workspace_id, ""),
        ("h_rule.update", f"h_rule:{other}", None, workspace_id, '{"columns" : "body,name"}'),
        ("h_rule.delete", f"h_rule:{RULE}", None, workspace_id, ""),
    ]


def test_nobody_who_acts_unnamed_goes_unrecorded(rules: str) -> None:
    """Case 19: the entry names the login."""
    execute("DELETE FROM h_rule")

    login = rows("SELECT session_user::text")[0][0]
    assert inbox("actor, db_role") == [(f"db:{login}", login)]


def test_the_rows_workspace_counts_before_the_sessions(notes: str, workspace_id: UUID) -> None:
    other = UUID(int=9)
    execute(
        "INSERT INTO h_note (subject_id, slot, workspace_id) VALUES (%s, 3, %s), (%s, 4, NULL)",
        MEI,
        other,
        MEI,
    )

    assert sorted(inbox("workspace_id, subject")) == sorted([(other, MEI), (workspace_id, MEI)])


def test_watching_again_follows_new_columns_and_doubles_nothing(notes: str) -> None:
    with database.as_role(Role.OWNER):
        execute("ALTER TABLE h_note ADD COLUMN mood text")
    for statement in change_triggers("h_note", per_person=True):
        execute(statement)
    execute(f"SET ROLE {Role.WEB}")

    execute("UPDATE h_note SET mood = 'x' WHERE subject_id = %s", JONAS)

    assert inbox("detail") == [('{"columns" : "mood", "rows" : 1}',)]


def test_only_the_acts_asked_for_are_recorded(notes: str) -> None:
    for statement in change_triggers("h_note", per_person=True, acts=["delete"]):
        execute(statement)
    execute(f"SET ROLE {Role.WEB}")

    execute(ADD.format(person=MEI, slot=3))
    execute("UPDATE h_note SET body = 'new'")
    execute("DELETE FROM h_note WHERE subject_id = %s", JONAS)

    assert inbox("act") == [("h_note.delete",)]


def test_a_write_past_the_parent_of_partitions_is_recorded_once(workspace_id: UUID) -> None:
    """Cases 19 and 20: a partition."""
    with database.as_role(Role.OWNER):
        execute(
            "CREATE TABLE h_log (id int, subject_id uuid, purpose_bits bigint DEFAULT 0, "
            "PRIMARY KEY (id)) PARTITION BY RANGE (id)"
        )
        execute("CREATE TABLE h_log_1 PARTITION OF h_log FOR VALUES FROM (0) TO (10)")
        execute(f"GRANT ALL ON h_log, h_log_1 TO {Role.WEB}")
    for table in ("h_log", "h_log_1"):
        for statement in change_triggers(table, per_person=True):
            execute(statement)
    execute(f"SET ROLE {Role.WEB}")

    execute("INSERT INTO h_log VALUES (1, %s)", MEI)
    execute("INSERT INTO h_log_1 VALUES (2, %s)", JONAS)
    execute("UPDATE h_log SET purpose_bits = 1 WHERE id = 1")
    execute("UPDATE h_log_1 SET purpose_bits = 1 WHERE id = 2")

    assert inbox("act, subject") == [
        ("h_log.insert", MEI),
        ("h_log_1.insert", JONAS),
        ("h_log.bits", MEI),
        ("h_log.bits", JONAS),
    ]
    with pytest.raises(DatabaseError, match="stay on the record"), transaction.atomic():
        execute("TRUNCATE h_log_1")


def test_the_statement_of_a_trigger_is_the_owners_to_choose(notes: str) -> None:
    for call in (
        "SELECT audit_watch('h_note', true, '{}', '{}', '{}')",
        "CREATE TRIGGER mine AFTER INSERT ON h_note EXECUTE FUNCTION audit_changes('SELECT 1')",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
            transaction.atomic(),
        ):
            execute(call)


@pytest.mark.parametrize(
    ("create", "per_person", "why"),
    [
        ("CREATE TABLE h_bad (a int)", False, "no primary key"),
        ("CREATE TABLE h_bad (a int PRIMARY KEY)", True, "no subject_id"),
    ],
)
def test_a_table_that_cannot_be_watched_is_refused(
    workspace_id: UUID, create: str, per_person: bool, why: str
) -> None:
    with database.as_role(Role.OWNER):
        execute(create)

    with pytest.raises(DatabaseError, match=why) as refused, transaction.atomic():
        for statement in change_triggers("h_bad", per_person=per_person):
            execute(statement)
    assert isinstance(refused.value.__cause__, psycopg.errors.RaiseException)


def test_installing_again_changes_nothing(notes: str) -> None:
    triggers = "SELECT tgrelid::regclass::text, tgname::text, tgenabled FROM pg_trigger "
    triggers += "WHERE NOT tgisinternal AND tgname LIKE 'audit%%' ORDER BY 1, 2"
    before = rows(triggers)
    execute("RESET ROLE")

    for statement in statements():
        execute(statement)

    assert rows(triggers) == before
    assert {enabled for _, _, enabled in before} == {"A"}


def test_rows_changed_within_a_block_are_its_actors_until_a_nearer_one_is_named(
    rules: str,
) -> None:
    with database.by("op:near-the-door"):
        execute("UPDATE h_rule SET name = 'a'")
        with acting("job:nearer"):
            execute("UPDATE h_rule SET name = 'b'")
        execute("UPDATE h_rule SET name = 'c'")
        with database.by("job:inside"):
            execute("UPDATE h_rule SET name = 'd'")
    execute("UPDATE h_rule SET name = 'e'")

    login = rows("SELECT session_user::text")[0][0]
    assert [actor for (actor,) in inbox("actor")] == [
        "op:near-the-door", "job:nearer", "op:near-the-door", "job:inside", f"db:{login}",
    ]  # fmt: skip
