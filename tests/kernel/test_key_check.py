"""A process stops when its keyring and its database do not belong together."""

from pathlib import Path

import pytest
from pytest_django import Settings

from cdp.kernel import clock, key_check, keyring
from cdp.kernel.key_check import KeyringMismatch
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Keyring, Use
from cdp.kernel.models import Workspace


def hold(settings: Settings, path: Path, ring: Keyring) -> None:
    """Let the process find this keyring instead of the run's."""
    keyring.create(FileProvider(path), ring)
    settings.KEYRING = path


def test_the_keyring_that_the_data_were_sealed_with_passes(workspace: Workspace) -> None:
    key_check.check()


def test_a_keyring_with_more_keys_than_the_database_knows_passes(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    ours = keyring.current()
    hold(settings, tmp_path / "k.json", ours.with_new(Use.KEK, at=clock.now()))

    key_check.check()


def test_another_keyring_is_named_as_not_this_databases(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    hold(settings, tmp_path / "k.json", keyring.generate(origin="", at=clock.now()))

    with pytest.raises(KeyringMismatch, match="does not match the database"):
        key_check.check()


@pytest.mark.parametrize("use", key_check.CHECKED)
def test_a_key_that_is_gone_is_named(
    use: Use, workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    ours = keyring.current()
    hold(settings, tmp_path / "k.json", ours.without(use, 1))

    with pytest.raises(KeyringMismatch, match=f"Key 1 of use “{use}” .* not in the keyring"):
        key_check.check()
