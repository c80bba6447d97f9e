"""
Make the database, its roles and their passwords, as the administrator; safe to repeat.

The administrator's address is the launcher's alone. Everything that runs later gets one address
per role, and migrations grant each role what it needs.
Source: consent reference, part 3.2.
"""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from cdp.kernel.roles import LOGINS, NO_LOGIN, Role
from cdp.runtime.postgres import QUIET_LOG

DATABASE = "candor"
MAINTENANCE = "postgres"
EXTENSIONS = ("pg_trgm", "btree_gin")
MINUTE_MS = 60_000
DROPS = Path(__file__).with_name("drops.sql")

# The longest a statement of each role may take; migrations may take as long as they need.
LONGEST_STATEMENT_MS: dict[Role, int] = {
    Role.WEB: MINUTE_MS // 2,
    Role.API: MINUTE_MS // 2,
    Role.INGEST: MINUTE_MS // 2,
    Role.PORTAL: MINUTE_MS // 2,
    Role.WORKER: 5 * MINUTE_MS,
    Role.RIGHTS: 5 * MINUTE_MS,
    Role.SWEEP: MINUTE_MS,
    Role.AUDIT: 5 * MINUTE_MS,
    Role.REWRAP: 5 * MINUTE_MS,
    Role.READ: MINUTE_MS,
}


def with_database(dsn: str, database: str) -> str:
    """Return `dsn` with another database. Pure."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{quote(database, safe='')}"))


def with_login(dsn: str, *, user: str, password: str) -> str:
    """Return `dsn` for another login. Pure."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    secret = quote(password, safe="")
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{secret}@{host}"))


def database_of(dsn: str) -> str:
    """Return the database that `dsn` names; ours where it names none or PostgreSQL's own. Pure."""
    name = unquote(urlsplit(dsn).path.lstrip("/"))
    return DATABASE if name in ("", MAINTENANCE) else name


def password_of(dsn: str) -> str:
    """Return the password inside `dsn`, empty where there is none. Pure."""
    return unquote(urlsplit(dsn).password or "")


def bootstrap(
    administrator: str, *, known: Mapping[str, str], for_tests: bool = False
) -> dict[str, str]:
    """
    Make roles and database and return one address per login role.

    `known` holds the addresses of an earlier call, whose passwords stay. `for_tests` adds the
    login that may take every role on.

    :raises psycopg.Error: the administrator may not do it
    """
    database = database_of(administrator)
    logins = (*LOGINS, Role.TEST) if for_tests else LOGINS
    passwords = {
        role: password_of(known.get(role, "")) or secrets.token_urlsafe(32) for role in logins
    }
    with psycopg.connect(with_database(administrator, MAINTENANCE), autocommit=True) as server:
        _make_roles(server, passwords)
        _make_database(server, database)
    with psycopg.connect(with_database(administrator, database), autocommit=True) as own:
        _open_schema(own)
        _make_extensions(own)
        _watch_drops(own)
    address = with_database(administrator, database)
    return {role: with_login(address, user=role, password=passwords[role]) for role in logins}


def protect_database(server: psycopg.Connection, database: str) -> None:
    """
    Take temporary tables and new schemas from everyone.

    Rows that a purpose made visible could be parked in a temporary table. Rights on a database
    are not copied with its template, so every copy needs this call.
    """
    server.execute(
        sql.SQL("REVOKE TEMPORARY, CREATE ON DATABASE {} FROM PUBLIC").format(
            sql.Identifier(database)
        )
    )


def _make_roles(server: psycopg.Connection, passwords: Mapping[Role, str]) -> None:
    present = {str(row[0]) for row in server.execute("SELECT rolname FROM pg_roles")}
    for role in NO_LOGIN:
        if role not in present:
            server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    for role, password in passwords.items():
        if role not in present:
            server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        inherit = sql.SQL("NOINHERIT" if role is Role.TEST else "INHERIT")
        # The server sees a verifier, never the password, so no log of it can hold one.
        verifier = server.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        ).decode()
        server.execute(
            sql.SQL("ALTER ROLE {} LOGIN {} PASSWORD {}").format(
                sql.Identifier(role), inherit, sql.Literal(verifier)
            )
        )
        _settle_role(server, role)
    _make_member(server, Role.MIGRATE, of=NO_LOGIN)
    if Role.TEST in passwords:
        _make_member(server, Role.TEST, of=[role for role in Role if role is not Role.TEST])


def _settle_role(server: psycopg.Connection, role: Role) -> None:
    """Set what holds for every session of `role`."""
    settings = {"jit": "off"}
    if role in LONGEST_STATEMENT_MS:
        settings["statement_timeout"] = str(LONGEST_STATEMENT_MS[role])
    if _is_superuser(server):  # elsewhere the operator of the server decides what it logs
        settings |= QUIET_LOG
    for name, value in settings.items():
        server.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
            )
        )


def _make_member(server: psycopg.Connection, role: Role, *, of: Iterable[Role]) -> None:
    groups = sql.SQL(", ").join(sql.Identifier(group) for group in of)
    server.execute(sql.SQL("GRANT {} TO {}").format(groups, sql.Identifier(role)))


def _make_database(server: psycopg.Connection, database: str) -> None:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if found is None:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(database)
            )
        )
    protect_database(server, database)


def _open_schema(own: psycopg.Connection) -> None:
    own.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    groups = sql.SQL(", ").join(sql.Identifier(role) for role in NO_LOGIN)
    own.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(groups))


def _make_extensions(own: psycopg.Connection) -> None:
    for name in EXTENSIONS:
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
            # Where the server's operator forbids it, `doctor` names what is missing.
            own.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def _watch_drops(own: psycopg.Connection) -> None:
    """Put dropped tables on the record, where the server lets its administrator do that."""
    with suppress(psycopg.errors.InsufficientPrivilege), own.transaction():
        own.execute(DROPS.read_bytes())


def _is_superuser(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT current_setting('is_superuser') = 'on'").fetchone()
    return bool(row and row[0])
