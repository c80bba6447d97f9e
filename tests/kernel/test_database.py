"""Roles and workspaces taken on for a block, and given back however the block ends."""

from uuid import UUID

import pytest
from django.db import ProgrammingError, transaction

from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role


def asked(statement: str) -> str:
    with database.cursor() as sql:
        sql.execute(statement)
        row = sql.fetchone()
    assert row is not None
    return str(row[0])


def role() -> str:
    return asked("SELECT current_user")


def workspace_of_session() -> str:
    return asked("SELECT current_setting('cdp.workspace', true)")


def test_a_role_is_taken_on_and_given_back(workspace: Workspace) -> None:
    with database.as_role(Role.PORTAL):
        inside = role()

    assert (inside, role()) == (Role.PORTAL, Role.WORKER)


def test_a_door_speaks_as_its_role(workspace: Workspace) -> None:
    found = {}
    for name in ("ingest", "api", "portal", "web"):
        with database.door(name):
            found[name] = role()

    assert found == {
        "ingest": Role.INGEST, "api": Role.API, "portal": Role.PORTAL, "web": Role.WEB,
    }  # fmt: skip


def test_a_failed_statement_is_the_error_that_is_seen_and_the_role_is_back_after_it(
    workspace: Workspace,
) -> None:
    with (
        pytest.raises(ProgrammingError, match="nothing"),
        transaction.atomic(),
        database.as_role(Role.PORTAL),
    ):
        asked("SELECT nothing")

    assert role() == Role.WORKER


def test_a_failed_statement_is_seen_through_a_workspace_block_too(workspace: Workspace) -> None:
    other = uuid7()
    with (
        pytest.raises(ProgrammingError, match="nothing"),
        transaction.atomic(),
        database.in_workspace(other),
    ):
        asked("SELECT nothing")

    assert workspace_of_session() == str(workspace.pk)
    assert database.current_workspace() == workspace.pk


def test_a_workspace_is_entered_and_left(workspace: Workspace) -> None:
    other = uuid7()
    with database.in_workspace(other):
        inside: tuple[str, UUID | None] = workspace_of_session(), database.current_workspace()
    with database.in_workspace(None):
        nowhere = workspace_of_session()

    assert inside == (str(other), other)
    assert nowhere == ""
    assert workspace_of_session() == str(workspace.pk)


def test_settings_end_with_their_transaction(workspace: Workspace) -> None:
    with transaction.atomic():
        database.settle({"cdp.actor": "op:1", "cdp.job": "j"})
        inside = asked("SELECT current_setting('cdp.actor', true)")
        transaction.set_rollback(True)

    assert inside == "op:1"
    assert asked("SELECT current_setting('cdp.actor', true)") != "op:1"
