"""Pseudonyms: one per person and workspace, made as published."""

import hmac
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from audit import pseudonym
from cdp.kernel import crypto, keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.workspaces import NoWorkspace
from tests.audit.conftest import JONAS, MEI
from tests.conftest import NOON


@pytest.fixture(autouse=True)
def ring(settings: Settings, tmp_path: Path) -> keyring.Keyring:
    made = keyring.generate(origin="candor.test/audit", at=NOON)
    settings.KEYRING = tmp_path / "keyring.json"
    keyring.create(FileProvider(settings.KEYRING), made)
    return made


def test_a_pseudonym_is_a_keyed_digest_of_the_subject(ring: keyring.Keyring) -> None:
    key = crypto.derive(ring.active(Use.REFERENCE).material, "cdp1", "audit-ref", "default")
    expected = hmac.new(key, MEI.bytes, "sha256").digest()[:16]

    assert pseudonym.of(MEI, workspace_key="default") == expected


def test_people_and_workspaces_do_not_share_pseudonyms() -> None:
    made = {
        pseudonym.of(person, workspace_key=workspace)
        for person in (MEI, JONAS, UUID(int=0))
        for workspace in ("default", "outlet", "")
    }

    assert len(made) == 9


def test_outside_any_workspace_there_is_none() -> None:
    with pytest.raises(NoWorkspace):
        pseudonym.of(MEI)
