"""Roles, passwords and rights that the bootstrap makes, looked at as those roles."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.kernel.roles import LOGINS, Role
from cdp.runtime import bootstrap
from cdp.runtime.postgres import Cluster
from cdp.runtime.processes import Child

SECRET = "mei.canary.5d1e@example.com"


@pytest.fixture
def administrator(cluster: tuple[Cluster, Child]) -> str:
    """The administrator's address of the database to make."""
    return cluster[0].dsn(bootstrap.DATABASE)


def test_every_process_role_can_log_in_and_none_is_more_than_it_should_be(
    administrator: str,
) -> None:
    dsns = bootstrap.bootstrap(administrator, known={})

    assert set(dsns) == set(LOGINS)
    for role, dsn in dsns.items():
        with psycopg.connect(dsn) as connection:
            row = connection.execute(
                "SELECT session_user::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, "
                "current_setting('jit') FROM pg_roles WHERE rolname = session_user"
            ).fetchone()
        assert row == (role, False, False, False, False, "off")


def test_a_second_call_changes_no_password_and_a_lost_file_makes_new_ones(
    administrator: str,
) -> None:
    first = bootstrap.bootstrap(administrator, known={})

    again = bootstrap.bootstrap(administrator, known=first)
    after_loss = bootstrap.bootstrap(administrator, known={})

    assert again == first
    assert after_loss[Role.WEB] != first[Role.WEB]
    psycopg.connect(after_loss[Role.WEB]).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first[Role.WEB])


def test_nobody_parks_rows_in_a_temporary_table_or_a_table_of_their_own(
    administrator: str,
) -> None:
    dsns = bootstrap.bootstrap(administrator, known={})

    for role in LOGINS:
        with psycopg.connect(dsns[role], autocommit=True) as connection:
            for attempt in ("CREATE TEMPORARY TABLE t (n int)", "CREATE SCHEMA mine"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(attempt)
            if role is not Role.MIGRATE:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute("CREATE TABLE t (n int)")


def test_only_the_migration_login_may_become_the_owner(administrator: str) -> None:
    dsns = bootstrap.bootstrap(administrator, known={})

    with psycopg.connect(dsns[Role.MIGRATE]) as connection:
        connection.execute("SET ROLE cdp_owner")
        connection.execute("CREATE TABLE owned (n int)")
    for role in set(LOGINS) - {Role.MIGRATE}:
        with (
            psycopg.connect(dsns[role]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SET ROLE cdp_owner")


def test_the_test_login_has_no_right_until_it_takes_a_role_on(
    administrator: str,
) -> None:
    dsns = bootstrap.bootstrap(administrator, known={}, for_tests=True)

    with psycopg.connect(dsns[Role.TEST], autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE owned (n int)")
        connection.execute("SET ROLE cdp_owner")
        connection.execute("CREATE TABLE owned (n int)")


def test_no_statement_and_no_value_reaches_the_log(
    administrator: str, open_folder: Path, cluster: tuple[Cluster, Child]
) -> None:
    dsns = bootstrap.bootstrap(administrator, known={})

    with psycopg.connect(dsns[Role.MIGRATE], autocommit=True) as connection:
        connection.execute("SET ROLE cdp_owner")
        connection.execute("CREATE TABLE kept (address text UNIQUE)")
        connection.execute("INSERT INTO kept VALUES (%s)", [SECRET])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO kept VALUES (%s)", [SECRET])
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute(f"SELEC '{SECRET}'")

    log = (open_folder / "log" / "postgres.log").read_text()
    assert "duplicate key value violates unique constraint" in log  # the log does speak
    assert SECRET not in log
    assert bootstrap.password_of(dsns[Role.WEB]) not in log


def test_a_copy_of_a_database_needs_its_protection_again(administrator: str) -> None:
    dsns = bootstrap.bootstrap(administrator, known={})
    copy = bootstrap.with_database(dsns[Role.WEB], "copy")
    with psycopg.connect(
        bootstrap.with_database(administrator, bootstrap.MAINTENANCE), autocommit=True
    ) as server:
        server.execute("CREATE DATABASE copy TEMPLATE candor")
        with psycopg.connect(copy) as connection:
            connection.execute("CREATE TEMPORARY TABLE t (n int)")  # the probe can succeed

        bootstrap.protect_database(server, "copy")

    with (
        psycopg.connect(copy) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TEMPORARY TABLE t (n int)")


@given(
    user=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    password=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    address=st.sampled_from(
        [
            "postgresql://a:b@/candor?host=/run/x&port=5432",
            "postgresql://a:b@db.example:5433/x",
        ]
    ),
)
def test_any_login_survives_the_way_into_an_address_and_back(
    user: str, password: str, address: str
) -> None:
    made = bootstrap.with_login(address, user=user, password=password)

    assert psycopg.conninfo.conninfo_to_dict(made)["user"] == user
    assert bootstrap.password_of(made) == password
    assert urlsplit(made).query == urlsplit(address).query
    assert urlsplit(made).hostname == urlsplit(address).hostname


@pytest.mark.parametrize(
    ("address", "database"),
    [
        ("postgresql://a:b@db.example/shop", "shop"),
        ("postgresql://a:b@db.example/postgres", "candor"),
        ("postgresql://a:b@db.example", "candor"),
    ],
)
def test_the_address_names_the_database_unless_it_is_the_servers_own(
    address: str, database: str
) -> None:
    assert bootstrap.database_of(address) == database


def test_an_administrator_of_a_hosted_server_needs_no_superuser(
    cluster: tuple[Cluster, Child],
) -> None:
    superuser = cluster[0].dsn(bootstrap.MAINTENANCE)
    with psycopg.connect(superuser, autocommit=True) as server:
        server.execute("CREATE ROLE hosted LOGIN CREATEROLE CREATEDB PASSWORD 'h'")
    hosted = bootstrap.with_login(cluster[0].dsn("shop"), user="hosted", password="h")

    first = bootstrap.bootstrap(hosted, known={})
    again = bootstrap.bootstrap(hosted, known=first)

    assert again == first
    with psycopg.connect(first[Role.MIGRATE]) as connection:
        connection.execute("SET ROLE cdp_owner")
        connection.execute("CREATE TABLE owned (address text)")
        connection.execute("CREATE INDEX ON owned USING gin (address gin_trgm_ops)")
