"""Every table is protected or listed, granted or closed; migrations say what models say."""

import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from audit import install as log
from cdp import grants
from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.protected import OnClose, protected_models
from cdp.kernel.roles import NO_LOGIN, Role
from consent import policies
from consent.boot import DEFINER_FUNCTIONS

# No role but the owner touches these; operators' addresses are in `accounts_operator` alone.
CLOSED = {"auth_group_permissions", "account_emailaddress", "account_emailconfirmation"}
PROTECTED = {model._meta.db_table: model.protection for model in protected_models()}


def asked(statement: str, *values: object) -> list[tuple[object, ...]]:
    with database.cursor() as sql:
        sql.execute(statement, list(values) or None)  # type: ignore[arg-type]
        return list(sql.fetchall())


def test_migrations_say_what_the_models_say() -> None:
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(
        graph=loader.graph
    )

    assert {app: [str(each) for each in found] for app, found in changes.items()} == {}


def test_every_table_with_a_subject_is_protected_or_listed_with_its_rules(
    workspace: Workspace,
) -> None:
    named = asked(
        """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition AND a.attname = 'subject_id'"""
    )

    assert {table for (table,) in named} == PROTECTED.keys() | policies.OWN_TABLES.keys()
    assert PROTECTED.keys() & policies.OWN_TABLES.keys() == set()


def test_the_database_knows_of_each_protected_table_what_its_model_declares(
    workspace: Workspace,
) -> None:
    stored = asked("SELECT name, category, on_close FROM consent_protected_table")

    assert {name: (category, word) for name, category, word in stored} == {
        table: (each.category and int(each.category), str(each.on_close))
        for table, each in PROTECTED.items()
    }


@pytest.mark.parametrize("table", PROTECTED)
def test_what_goes_when_a_purpose_closes_remembers_who_made_it(table: str) -> None:
    assert PROTECTED[table].derived is (PROTECTED[table].on_close is OnClose.DELETE)
    assert PROTECTED[table].retention


def test_every_model_is_protected_granted_the_logs_or_closed() -> None:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
    }
    answered = PROTECTED.keys() | policies.OWN_TABLES.keys() | grants.TABLES.keys() | {*log.TABLES}

    assert tables - answered == CLOSED
    assert grants.TABLES.keys() - tables == set()


def test_nobody_may_write_what_nothing_declares(workspace: Workspace) -> None:
    given = asked(
        """SELECT DISTINCT c.relname::text FROM pg_class c, aclexplode(c.relacl) g
           JOIN pg_roles r ON r.oid = g.grantee
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND r.rolname <> ALL (%s) AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')""",
        [*NO_LOGIN],
    )
    declared = PROTECTED.keys() | policies.OWN_TABLES.keys() | grants.TABLES.keys() | {*log.TABLES}

    assert {table for (table,) in given} - declared == set()


def test_no_role_may_truncate_or_make_anything(workspace: Workspace) -> None:
    makers = asked(
        """SELECT c.relname::text, r.rolname::text, g.privilege_type
           FROM pg_class c, aclexplode(c.relacl) g LEFT JOIN pg_roles r ON r.oid = g.grantee
           WHERE c.relnamespace = 'public'::regnamespace
             AND (r.oid IS NULL OR r.rolname <> ALL (%s))
             AND g.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')""",
        [*NO_LOGIN],
    )
    here = [
        (role, asked(
            """SELECT has_schema_privilege(%s, 'public', 'CREATE')
                   OR has_database_privilege(%s, current_database(), 'TEMP')""",
            role, role,
        )[0][0])
        for role in Role
        if role not in (*NO_LOGIN, Role.MIGRATE, Role.TEST)
    ]  # fmt: skip

    assert makers == []
    assert [role for role, may in here if may] == []


def test_no_role_but_the_folds_may_write_bits(workspace: Workspace) -> None:
    may = [
        (table, str(role))
        for table in PROTECTED
        for role in Role
        if role not in (*NO_LOGIN, Role.MIGRATE, Role.TEST)
        if asked("SELECT has_column_privilege(%s, %s, 'purpose_bits', 'UPDATE')", role, table)[0][0]
    ]

    assert may == []


def test_nobody_is_granted_a_partition(workspace: Workspace) -> None:
    given = asked(
        """SELECT c.relname::text FROM pg_class c, aclexplode(c.relacl) g
           WHERE c.relispartition AND g.grantee <> c.relowner"""
    )

    assert given == []


def test_functions_with_their_owners_rights_are_the_written_list(workspace: Workspace) -> None:
    found = asked(
        """SELECT p.proname::text FROM pg_proc p
           WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"""
    )

    assert {name for (name,) in found} == DEFINER_FUNCTIONS


def test_nobody_at_all_may_call_the_functions_that_write(workspace: Workspace) -> None:
    writers = ("consent_apply", "append_events", "consent_count", "ensure_partition", "audit_watch")
    public = asked(
        """SELECT p.proname::text FROM pg_proc p,
             aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
           WHERE p.pronamespace = 'public'::regnamespace AND p.proname = ANY(%s)
             AND g.grantee = 0""",
        [*writers],
    )

    assert public == []


def test_every_configuration_table_that_is_watched_exists() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}

    assert grants.WATCHED.keys() <= tables
    assert grants.WATCHED.keys() & PROTECTED.keys() == set()
