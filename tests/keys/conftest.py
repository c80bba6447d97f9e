"""A keyring that a test may change, and people whose data keys are under it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from audit.actors import Actor
from cdp.accounts.models import Operator, OperatorRole
from cdp.approvals import decide
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.kernel import database, keyring, subjects, workspaces, wraps
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from cdp.keys import approval


@pytest.fixture
def own_keyring(workspace: Workspace, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Let a test change the keyring without others noticing, as the login that may."""
    path = tmp_path / "keyring.json"
    keyring.create(FileProvider(path), keyring.current())
    settings.KEYRING = path
    wraps.forget()
    with database.as_role(Role.REWRAP):
        yield path
    wraps.forget()


def born(count: int) -> dict[UUID, bytes]:
    """Make data keys for so many new people, as the intake does."""
    with database.as_role(Role.INGEST):
        return subjects.ensure_data_keys([uuid4() for _ in range(count)])


def approved(kind: Kind, use: Use, key_id: int) -> Approval:
    """Return an approval to end a key, asked for by one operator and given by another."""
    with database.as_role(Role.WEB):
        number = Operator.objects.count()
        here = workspaces.current().id
        asker, decider = (
            Operator.objects.create(email=f"{name}-{number}@shop.example", name=name)
            for name in ("ada", "li")
        )
        OperatorRole.objects.create(
            operator=decider, workspace_id=here, role=OperatorRole.Role.APPROVER
        )
        asked = approval.ask_to_end(
            kind, use, key_id, reason="rotation", actor=Actor.operator(asker.pk)
        )
        decide.approve(
            asked.pk,
            now_is=approval.snapshot(use, key_id),
            actor=Actor.operator(decider.pk),
        )
    return asked
