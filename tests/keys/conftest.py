"""A keyring that a test may change, and people whose data keys are under it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from cdp.kernel import database, keyring, subjects, wraps
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role


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
