"""A workspace, its people, and a log with something in it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from audit.actors import Actor
from audit.inbox import record
from audit.sequencer import sequence
from cdp.kernel import database, keyring, subjects
from cdp.kernel.identifiers import uuid7
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.roles import Role
from tests.audit.logs import add_workspace, empty_inbox

MEI = UUID("0198c0de-0000-7000-8000-00000000001e")
JONAS = UUID("0198c0de-0000-7000-8000-00000000002e")
ALICE = Actor.operator(UUID("0198c0de-0000-7000-8000-0000000000a1"))


@pytest.fixture(autouse=True)
def anchor_folder(settings: Settings, tmp_path: Path) -> Path:
    """Keep each test's anchors apart."""
    settings.VAR = tmp_path
    return tmp_path


@pytest.fixture
def workspace_id(db: None) -> Iterator[UUID]:
    """Enter a workspace of its own, as the console's role, with nothing on the record yet."""
    workspace = add_workspace(uuid7(), key="audit-shop")
    empty_inbox()
    with database.in_workspace(workspace), database.as_role(Role.WEB):
        yield workspace


@pytest.fixture
def people(workspace_id: UUID) -> dict[UUID, bytes]:
    """Mei and Jonas, with their data keys."""
    with database.as_role(Role.INGEST):
        keys = subjects.ensure_data_keys([MEI, JONAS])
    empty_inbox()
    return keys


@pytest.fixture
def log(people: dict[UUID, bytes]) -> int:
    """Ten sequenced entries in two batches: five about Mei and five about Jonas; their number."""
    for person in (MEI, JONAS):
        for number in range(5):
            record(ALICE, "vault.open", subject=person, obj=f"campaign:{number}")
        with database.as_role(Role.AUDIT):
            sequence()
    return 10


@pytest.fixture
def own_keyring(settings: Settings, tmp_path: Path) -> Path:
    """Let a test change the keyring without others noticing."""
    path = tmp_path / "keyring.json"
    keyring.create(FileProvider(path), keyring.current())
    settings.KEYRING = path
    assert keyring.current().active(Use.SIGN).origin == "candor.test/audit"
    return path
