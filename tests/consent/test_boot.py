"""What a process refuses to serve with, each with a sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import APPLICATION, Role
from cdp.settings.base import database as as_settings
from consent import boot, purposes
from consent.boot import BootRefused
from consent.models import Purpose
from consent.purposes import CatalogueDiffers
from tests.servers import Servers

SERVING = [role for role in APPLICATION if role is not Role.SWEEP]


def owner_does(*statements: str, role: Role = Role.OWNER) -> None:
    with database.as_role(role), database.cursor() as sql:
        for statement in statements:
            sql.execute(statement)


def refusal() -> str:
    """Return the sentence with which a worker refuses to serve."""
    with pytest.raises(BootRefused) as caught:
        boot.check_all()
    return str(caught.value)


@pytest.mark.parametrize("role", SERVING)
def test_a_database_as_it_was_installed_serves_every_process(
    role: Role, workspace: Workspace
) -> None:
    with database.as_role(role):
        boot.check_all()


@contextmanager
def connected(dsn: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    link = connections["default"]
    link.close()
    usual = link.settings_dict.copy()
    link.settings_dict.update(as_settings(dsn))
    try:
        with blocker.unblock():
            yield
    finally:
        link.close()
        link.settings_dict.update(usual)


def test_an_administrators_login_is_refused(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        connected(servers.administrator, django_db_blocker),
        pytest.raises(BootRefused, match=r"a superuser.*login of its own role"),
    ):
        boot.check_role()


def test_the_migrations_login_is_refused(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        connected(servers.dsn(Role.MIGRATE, "candor_run"), django_db_blocker),
        pytest.raises(BootRefused, match="a member of cdp_owner"),
    ):
        boot.check_role()


@pytest.mark.parametrize("role", [Role.WORKER, Role.WEB, Role.PORTAL])
def test_the_real_login_of_a_process_is_accepted(
    role: Role, servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with connected(servers.dsn(role, "candor_run"), django_db_blocker):
        boot.check_role()


SPOILED = {
    "a table about people without protection": (
        "CREATE TABLE notes (subject_id uuid)", "notes has no forced row-level security",
    ),
    "protection that does not bind the owner": (
        "ALTER TABLE profiles_score NO FORCE ROW LEVEL SECURITY",
        "profiles_score has no forced row-level security",
    ),
    "a protected table that nothing declares": (
        "CREATE TABLE notes (subject_id uuid); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
        "notes names a subject but nothing declares",
    ),
    "a table without its purpose policy": (
        "DROP POLICY by_purpose ON profiles_score", "profiles_score has no purpose policy",
    ),
    "a table that does not stamp": (
        "DROP TRIGGER stamp ON profiles_score", "profiles_score does not stamp its rows",
    ),
    "a table that is gone": (
        "ALTER TABLE profiles_score RENAME TO scores", "scores names a subject but nothing",
    ),
    "a partition with protection off": (
        "ALTER TABLE profiles_event_past DISABLE ROW LEVEL SECURITY",
        "The partition profiles_event_past is open",
    ),
    "a view with its owner's rights": (
        "CREATE VIEW people AS SELECT * FROM profiles_profile", "The view people shows people",
    ),
    "a copy of people": (
        "CREATE MATERIALIZED VIEW people AS SELECT * FROM profiles_profile",
        "The view people shows people",
    ),
    "a function with its owner's rights": (
        "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "The function peek runs as its owner and is not on the list",
    ),
    "a listed function that looks elsewhere": (
        "ALTER FUNCTION ensure_partition(date) RESET search_path",
        "The function ensure_partition was replaced",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_refuses(what: str, workspace: Workspace) -> None:
    boot.check_all()
    spoil, sentence = SPOILED[what]

    owner_does(*spoil.split("; "))

    assert sentence in refusal()


def test_a_view_with_its_readers_rights_is_allowed(workspace: Workspace) -> None:
    owner_does(
        "CREATE VIEW people WITH (security_invoker = true) AS SELECT * FROM profiles_profile"
    )

    boot.check_all()


@pytest.mark.parametrize(
    "change", [{"bit": 61}, {"categories": [1]}, {"roles": ["cdp_worker", "cdp_portal"]}]
)
def test_a_catalogue_that_differs_from_the_codes_is_named(
    change: dict[str, object], workspace: Workspace
) -> None:
    with database.as_role(Role.WEB):
        Purpose.objects.filter(key="marketing.email").update(**change)

    with pytest.raises(CatalogueDiffers, match=r"marketing\.email.*Run: manage.py migrate"):
        boot.check_all()


def test_a_purpose_that_an_operator_closed_is_no_difference_and_stays_closed(
    workspace: Workspace,
) -> None:
    with database.as_role(Role.WEB):
        Purpose.objects.filter(key="recommend").update(open=False)

        purposes.write_catalogue()

    assert not Purpose.objects.get(key="recommend").open
    boot.check_all()
