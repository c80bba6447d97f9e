"""Configuration: every way of changing it keeps what it said before and after, and no secret."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit import changes
from audit.acting import acting
from audit.changes import Change
from audit.install import change_triggers
from cdp import grants
from cdp.accounts.models import Operator
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.protected import protected_models
from cdp.kernel.roles import Role
from profiles.models import Segment
from tests.audit.logs import execute, inbox

pytestmark = pytest.mark.django_db

RULE = {"all": [{"trait": "orders", "is": "at_least", "value": 3}]}


@pytest.fixture
def segment(workspace_id: UUID) -> Segment:
    """A segment, with nothing on the record yet."""
    made = Segment.objects.create(name="Loyal", rule=RULE, purpose_key="analytics.segments")
    with database.as_role(Role.AUDIT):
        execute("DELETE FROM audit_inbox")
    return made


def _save(segment: Segment) -> None:
    segment.refresh_minutes = 5
    segment.save()


def _update(segment: Segment) -> None:
    Segment.objects.update(refresh_minutes=5)


def _bulk_update(segment: Segment) -> None:
    segment.refresh_minutes = 5
    Segment.objects.bulk_update([segment], ["refresh_minutes"])


def _upsert(segment: Segment) -> None:
    segment.refresh_minutes = 5
    Segment.objects.bulk_create(
        [segment], update_conflicts=True, unique_fields=["id"], update_fields=["refresh_minutes"]
    )


def _raw(segment: Segment) -> None:
    execute("UPDATE profiles_segment SET refresh_minutes = 5")


WAYS: dict[str, Callable[[Segment], None]] = {
    "save": _save,
    "update": _update,
    "bulk_update": _bulk_update,
    "upsert": _upsert,
    "raw": _raw,
}


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_every_way_of_changing_a_setting_tells_before_and_after(
    segment: Segment, change: Callable[[Segment], None]
) -> None:
    """Case 19: `update()`, `bulk_update`, upsert and raw SQL say as much as a saved form."""
    before = str(segment.refresh_minutes)
    with acting("op:1"):
        change(segment)

    ((actor, act, obj, detail),) = inbox("actor, act, obj, detail")
    assert (actor, act, obj) == (
        "op:1",
        "profiles_segment.update",
        f"profiles_segment:{segment.pk}",
    )
    assert changes.read(detail) == [Change("refresh_minutes", before, "5")]


def test_many_rows_made_at_once_are_told_one_by_one(workspace_id: UUID) -> None:
    """Case 19: `bulk_create`."""
    made = [
        Segment(name=name, rule=RULE, purpose_key="analytics.segments") for name in ("One", "Two")
    ]
    Segment.objects.bulk_create(made)

    told = [changes.read(detail) for (detail,) in inbox("detail")]
    names = [[c for c in row if c.column == "name"] for row in told]
    assert names == [[Change("name", None, "One")], [Change("name", None, "Two")]]
    rule = next(c.after for c in told[0] if c.column == "rule")
    assert json.loads(rule or "") == RULE


def test_what_goes_is_told_as_it_was(workspace_id: UUID) -> None:
    with database.as_role(Role.OWNER):
        _watched_thing("thing", show=["name"])
        execute("INSERT INTO h_thing VALUES (1, 'thing', 'secret')")
        execute("DELETE FROM h_thing")

    assert [changes.read(d) for (d,) in inbox("detail")] == [
        [Change("name", None, "thing")],
        [Change("name", "thing", None)],
    ]


def test_a_column_that_is_not_listed_keeps_its_name_alone(workspace_id: UUID) -> None:
    with database.as_role(Role.OWNER):
        _watched_thing("thing", show=["name"])
        execute("INSERT INTO h_thing VALUES (1, 'a', 'secret')")
        execute("UPDATE h_thing SET name = 'b', token = 'other secret'")

    assert changes.read(inbox("detail")[-1][0]) == [
        Change("name", "a", "b"),
        Change("token", is_masked=True),
    ]
    assert not any("secret" in text for (text,) in inbox("to_jsonb(audit_inbox)::text"))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("for mei.canary@example.com only", "for *** only"),
        ("call +86 138 0013 8000 now", "call *** now"),
        ("13800138000", "***"),
        ("2026-11-22T02:36:00.123456+00:00", "2026-11-22T02:36:00.123456+00:00"),
        ("0198c0de-0000-7000-8000-00000000001e", "0198c0de-0000-7000-8000-00000000001e"),
        ("线上\n\x1b[31m", "线上\n\x1b[31m"),
        ("x" * 400, "x" * 300),
    ],
)
def test_what_reaches_a_person_is_masked_wherever_it_was_written(
    workspace_id: UUID, written: str, kept: str
) -> None:
    with database.as_role(Role.OWNER):
        _watched_thing("thing", show=["name"])
        execute("INSERT INTO h_thing (id, name) VALUES (1, %s)", written)

    assert changes.read(inbox("detail")[0][0]) == [Change("name", None, kept)]


def test_a_change_too_long_to_keep_names_its_columns_and_is_made(workspace_id: UUID) -> None:
    columns = [f"c{n}" for n in range(30)]
    with database.as_role(Role.OWNER):
        execute(f"CREATE TABLE h_wide (id int PRIMARY KEY, {' text, '.join(columns)} text)")
        for statement in change_triggers("h_wide", per_person=False, show=columns):
            execute(statement)
        execute(f"SET ROLE {Role.OWNER}")
        execute("INSERT INTO h_wide (id) VALUES (1)")
        execute("UPDATE h_wide SET " + ", ".join(f"{c} = repeat('\"', 400)" for c in columns))

    told = changes.read(inbox("detail")[-1][0])
    assert [c.column for c in told] == sorted(columns)
    assert {c.is_masked for c in told} == {True}


def test_a_failed_save_says_nothing(segment: Segment) -> None:
    """Case 21: a save that the database refuses leaves no entry."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Segment.objects.update(refresh_minutes=None)

    assert inbox("act") == []


def test_nothing_about_an_operator_but_their_standing_is_kept(workspace_id: UUID) -> None:
    Operator.objects.create(email="ada.canary@example.com", name="Ada Canary", password="!")

    assert changes.read(inbox("detail")[0][0]) == [Change("is_active", None, "true")]
    assert not any("canary" in t.lower() for (t,) in inbox("to_jsonb(audit_inbox)::text"))


def test_a_table_about_people_shows_no_value(workspace_id: UUID) -> None:
    with database.as_role(Role.OWNER):
        execute("CREATE TABLE h_person (subject_id uuid PRIMARY KEY, name text)")

    with pytest.raises(DatabaseError, match="about people"), transaction.atomic():
        for statement in change_triggers("h_person", per_person=True, show=["name"]):
            execute(statement)


def test_what_is_shown_is_configuration_that_is_watched_and_no_secret() -> None:
    about_people = {model._meta.db_table for model in protected_models()}
    columns = {column for shown in grants.SHOWN.values() for column in shown}

    assert grants.SHOWN.keys() <= grants.WATCHED.keys()
    assert grants.SHOWN.keys().isdisjoint(about_people)
    assert columns.isdisjoint(
        {"password", "digest", "email", "secret", "token", "check_value", "artifact", "wrapped"}
    )


@pytest.mark.parametrize("detail", ["", "{", "[]", '{"columns":7}', '{"values":[]}', '"text"'])
def test_another_detail_is_no_change(detail: str) -> None:
    assert changes.read(detail) == []


def test_the_workspaces_own_name_is_a_setting(workspace_id: UUID) -> None:
    Workspace.objects.filter(pk=workspace_id).update(name="Renamed")

    assert changes.read(inbox("detail")[-1][0]) == [Change("name", "A shop", "Renamed")]


def _watched_thing(name: str, *, show: list[str]) -> None:
    execute(f"CREATE TABLE h_{name} (id int PRIMARY KEY, name text, token text)")
    for statement in change_triggers(f"h_{name}", per_person=False, show=show):
        execute(statement)
    execute(f"SET ROLE {Role.OWNER}")
