"""A process stops when its keyring and its database do not belong together."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from cdp.kernel import clock, database, key_check, key_register, keyring, subjects
from cdp.kernel.key_check import KeyringMismatch
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Keyring, Use
from cdp.kernel.models import Key, Workspace
from cdp.kernel.roles import Role
from tests.servers import ROOT, Servers


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


@pytest.mark.parametrize(
    ("use", "named"), [(Use.KEK, "KEK 1"), (Use.INDEX, "Key 1 of use “index”")]
)
def test_another_key_under_the_same_number_is_named(
    use: Use, named: str, workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    """Attack case 7: the wrong keyring file names the KEK."""
    other = keyring.generate(origin="", at=clock.now()).active(use)
    ours = [key for key in keyring.current().every() if key.use is not use]
    hold(settings, tmp_path / "k.json", Keyring([*ours, other]))

    with pytest.raises(KeyringMismatch, match=f"{named} in the keyring does not match the dat"):
        key_check.check()


@pytest.mark.parametrize("use", key_register.KEPT)
def test_a_key_that_is_gone_is_named(
    use: Use, workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    ours = keyring.current()
    hold(settings, tmp_path / "k.json", ours.without(use, 1))

    with pytest.raises(KeyringMismatch, match=r"1.* is not in the keyring\. Restore"):
        key_check.check()


def test_a_missing_kek_says_how_many_subjects_need_it(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    """Attack case 7: the refusal counts whom the missing key concerns."""
    with database.as_role(Role.INGEST):
        subjects.ensure_data_keys([uuid4() for _ in range(3)])
    hold(settings, tmp_path / "k.json", keyring.current().without(Use.KEK, 1))

    with pytest.raises(KeyringMismatch, match="KEK 1 is used by 3 subjects but is not in the key"):
        key_check.check()


def test_no_process_starts_with_another_keyring(servers: Servers, tmp_path: Path) -> None:
    """Attack case 7: the start itself is refused, in one sentence that names the KEK."""
    other = tmp_path / "k.json"
    keyring.create(FileProvider(other), keyring.generate(origin="", at=clock.now()))

    done = subprocess.run(
        [sys.executable, "manage.py", "bootcheck"],
        cwd=ROOT,
        env=servers.environment("web", servers.template) | {"CDP_KEYRING": str(other)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "Put back the keyring that belongs to it." in done.stderr
    assert "in the keyring does not match the database" in done.stderr


def test_a_key_that_was_retired_and_destroyed_is_missed_by_nobody(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "k.json"
    hold(settings, path, keyring.current().with_new(Use.KEK, at=clock.now()))
    keyring.change(lambda ring: ring.with_retired(Use.KEK, 1))
    with database.as_role(Role.REWRAP):
        key_register.follow()
        states = dict(Key.objects.filter(use="kek").values_list("key_id", "state"))
    keyring.change(lambda ring: ring.without(Use.KEK, 1))

    key_check.check()

    assert states == {1: "retired", 2: "active"}


def test_the_register_follows_the_keyring_and_keeps_one_active_key_of_a_use(
    workspace: Workspace, settings: Settings, tmp_path: Path
) -> None:
    hold(settings, tmp_path / "k.json", keyring.current().with_new(Use.KEK, at=clock.now()))

    with database.as_role(Role.REWRAP):
        key_register.follow()
        key_register.follow()
        known = Key.objects.filter(use="kek").order_by("key_id")

        assert [(key.key_id, key.state) for key in known] == [(1, "enabled"), (2, "active")]
        assert [bytes(key.check_value) for key in known] == [
            key.check_value for key in keyring.current().of(Use.KEK)
        ]
