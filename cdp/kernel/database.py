"""
One address, several roles: which database alias the code at hand speaks through.

A door (or a worker at its start) says once who it is; everything below asks here and never names
an alias. In production each alias is a login of its own; under test there is one login that takes
the role on, so that everything can happen inside one rolled-back transaction.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from cdp.kernel.roles import PROCESSES, Role

_READ_ONLY = ("25006", "57P03")  # read-only transaction; starting up or shutting down
_alias: ContextVar[str] = ContextVar("database_alias", default="default")
_role: ContextVar[Role | None] = ContextVar("database_role", default=None)
_workspace: ContextVar[UUID | None] = ContextVar("workspace", default=None)
_request: ContextVar[str] = ContextVar("request", default="")
_actor: ContextVar[str] = ContextVar("actor", default="")


class Router:
    """Sends every query to the alias of the door at hand."""

    def db_for_read(self, model: type, **hints: object) -> str:
        return _alias.get()

    def db_for_write(self, model: type, **hints: object) -> str:
        return _alias.get()

    def allow_relation(self, one: object, other: object, **hints: object) -> bool:
        return True  # every alias is the same database

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return db == "default"


def is_unavailable(failure: Exception) -> bool:
    """Say whether PostgreSQL was away, full or read-only: nothing was done."""
    if isinstance(failure, (OperationalError, InterfaceError)):
        return True
    cause = failure.__cause__
    return isinstance(failure, DatabaseError) and getattr(cause, "sqlstate", "") in _READ_ONLY


def alias() -> str:
    """Return the alias of the door at hand."""
    return _alias.get()


def connection() -> BaseDatabaseWrapper:
    """Return the connection of the door at hand."""
    return connections[_alias.get()]


def cursor() -> CursorWrapper:
    """Return a cursor of the door at hand."""
    return connection().cursor()


def atomic(*, durable: bool = False) -> AbstractContextManager[Any]:
    """Return a transaction on the door at hand."""
    return transaction.atomic(using=_alias.get(), durable=durable)


@contextmanager
def door(name: str) -> Iterator[None]:
    """
    Speak through the alias `name` (see `PROCESSES`) for the length of the block.

    Under test the one login takes the role on and gives it back.
    """
    if settings.DATABASE_ROLE_BY_SET_ROLE:
        with as_role(_role_of(name)):
            yield
        return
    token = _alias.set(name)
    try:
        yield
    finally:
        _alias.reset(token)


def _role_of(name: str) -> Role:
    for aliases in PROCESSES.values():
        if name in aliases and name != "default":
            return aliases[name]
    return {"work": Role.WORKER, "rights": Role.RIGHTS, "audit": Role.AUDIT}.get(name, Role.WEB)


@contextmanager
def as_role(role: Role) -> Iterator[None]:
    """Take on a database role for the block; only the test login may."""
    former = _role.get()
    with connection().cursor() as sql:
        sql.execute(f'SET ROLE "{role}"')
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)
        if not _is_failed():
            with connection().cursor() as sql:
                sql.execute(f'SET ROLE "{former}"' if former else "RESET ROLE")


def _is_failed() -> bool:
    """
    Say whether the transaction at hand can only be rolled back.

    Role and settings go back with it; another statement would hide the error that failed it.
    """
    session = connection().connection
    return connection().needs_rollback or (
        session is not None
        and session.info.transaction_status
        in (TransactionStatus.INERROR, TransactionStatus.UNKNOWN)
    )


def role_of(of: BaseDatabaseWrapper) -> str:
    """Return the role that statements on this connection run as."""
    return _role.get() or str(of.settings_dict["USER"])


def settle(values: Mapping[str, str]) -> None:
    """Set transaction-local settings (`cdp.purpose`, `cdp.actor` …) in one round trip."""
    calls = ", ".join("set_config(%s, %s, true)" for _ in values)
    with cursor() as sql:
        sql.execute(f"SELECT {calls}", [part for pair in values.items() for part in pair])


def current_workspace() -> UUID | None:
    """Return the workspace that the code at hand works in, if one was entered."""
    return _workspace.get()


@contextmanager
def in_workspace(workspace: UUID | None, *, request: str = "") -> Iterator[None]:
    """
    Work in one workspace: row-level security shows its rows alone, inside windows and outside.

    The setting is the session's; it is put back on leaving, and a door sets it for each request,
    so a pooled connection never keeps another request's workspace. None shows no row. With
    `request`, entries of the audit log carry that request's id.
    """
    tokens = _workspace.set(workspace), _request.set(request or _request.get())
    _tell_session()
    try:
        yield
    finally:
        _workspace.reset(tokens[0])
        _request.reset(tokens[1])
        if not _is_failed():
            _tell_session()


@contextmanager
def by(actor: object) -> Iterator[None]:
    """
    Have rows that change within the block recorded as changed by `actor`, whatever changes them.

    The setting is the session's, so it holds over transactions; a window or `audit.acting` that
    names another actor goes before it. A door says so for each request, a worker for each run.
    """
    token = _actor.set(str(actor))
    _tell_actor()
    try:
        yield
    finally:
        _actor.reset(token)
        if not _is_failed():
            _tell_actor()


def _tell_actor() -> None:
    with cursor() as sql:
        sql.execute("SELECT set_config('cdp.actor', %s, false)", [_actor.get()])


def _tell_session() -> None:
    with cursor() as sql:
        sql.execute(
            "SELECT set_config('cdp.workspace', %s, false), set_config('cdp.request', %s, false)",
            [str(_workspace.get() or ""), _request.get()],
        )
