"""Every table that names a subject is known to erasing: its rows go, or it says why they stay."""

from django.apps import apps

from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.protected import protected_models
from cdp.kernel.roles import Role
from cdp.rights.stores import GOES, STAYS
from consent import policies

# Tables that know a subject by another column: by which rule they are reached.
BY_OTHER_COLUMNS = {"accounts_signinrequest", "profiles_eventkey"}
SUBJECT_WORDS = ("subject", "person", "profile", "origin", "merged")
GOING = [store.table for store in GOES]


def test_every_table_that_names_a_subject_goes_or_stays_for_a_reason() -> None:
    protected = {model._meta.db_table for model in protected_models()}
    known = set(GOING) | STAYS.keys()

    assert (protected | policies.OWN_TABLES.keys()) - known == set()
    assert known - protected - policies.OWN_TABLES.keys() == BY_OTHER_COLUMNS
    assert set(GOING) & STAYS.keys() == set()
    assert all(STAYS.values())


def test_every_column_that_may_hold_a_subject_is_reached() -> None:
    columns = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.get_internal_type() == "UUIDField"
        if any(word in str(field.column) for word in SUBJECT_WORDS)
    }

    assert columns - {(table, "subject_id") for table in {*GOING, *STAYS}} == {
        ("audit_inbox", "subject"),  # until the sequencer has written the pseudonym in its place
        ("kernel_origin", "origin"),  # the same rows as `subject_id`
        ("profiles_merge", "merged_id"),
    }


def test_who_may_be_found_goes_first_and_the_data_key_goes_last() -> None:
    assert GOING.index("profiles_identifier") < GOING.index("profiles_vaultvalue")
    assert GOING.index("profiles_eventkey") < GOING.index("profiles_event")
    assert GOING[-1] == "kernel_subjectkey"


def test_the_process_for_rights_may_delete_what_goes_and_nothing_that_stays(
    workspace: Workspace,
) -> None:
    with database.cursor() as sql:
        sql.execute(
            """SELECT c.relname::text FROM pg_class c
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                 AND NOT c.relispartition AND has_table_privilege(%s, c.oid, 'DELETE')""",
            [Role.RIGHTS],
        )
        may = {name for (name,) in sql.fetchall()}

    # the parts of files that wait for their download are dropped whole
    assert may == {*GOING, "profiles_exportchunk"}
