"""The keyring's file: made once, private, complete, and refused with a sentence if it is not."""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from cdp.kernel import keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import KeyMissing, KeyringReadOnly, KeyringRefused, Use

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def ring() -> keyring.Keyring:
    return keyring.generate(origin="shop.example/audit", at=NOON)


@pytest.fixture
def path(tmp_path: Path, ring: keyring.Keyring) -> Path:
    file = tmp_path / "keys" / "keyring.json"
    keyring.create(FileProvider(file), ring)
    return file


def rewrite(path: Path, change: Any) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_a_new_keyring_reads_back_whole_and_is_private(path: Path, ring: keyring.Keyring) -> None:
    found = FileProvider(path).load()

    assert [found.of(use) for use in Use] == [ring.of(use) for use in Use]
    assert found.active(Use.SIGN).origin == "shop.example/audit"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_every_use_has_one_active_key_of_its_own(ring: keyring.Keyring) -> None:
    assert len({ring.active(use).material for use in Use}) == len(Use)
    assert {len(ring.active(use).material) for use in Use} == {32}


def test_a_keyring_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()

    with pytest.raises(KeyringRefused, match="never overwritten"):
        keyring.create(FileProvider(path), keyring.generate(origin="", at=NOON))

    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(mode: int, path: Path) -> None:
    """Attack case 8: mode 0644 and its like are refused with the command that mends it."""
    path.chmod(mode)

    with pytest.raises(KeyringRefused, match="chmod 600"):
        FileProvider(path).load()


def test_a_missing_file_says_where_it_should_come_from(tmp_path: Path) -> None:
    """Attack case 8: a missing keyring is refused with the way out."""
    with pytest.raises(KeyringRefused, match="Restore it from its backup"):
        FileProvider(tmp_path / "keyring.json").load()


def test_a_link_to_a_keyring_is_refused(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)

    with pytest.raises(KeyringRefused, match="not a regular file"):
        FileProvider(link).load()


SHORT = base64.b64encode(b"x" * 31).decode()
BROKEN: dict[str, Any] = {
    "another format": lambda d: d.update(format="candor-keyring/2"),
    "no format": lambda d: d.pop("format"),
    "no keys": lambda d: d.pop("keys"),
    "a use nobody knows": lambda d: d["keys"][0].update(use="lunch"),
    "a state nobody knows": lambda d: d["keys"][0].update(state="asleep"),
    "a short key": lambda d: d["keys"][0].update(material=SHORT),
    "not base64": lambda d: d["keys"][0].update(material="§" * 44),
    "no material": lambda d: d["keys"][0].pop("material"),
    "the same key twice": lambda d: d["keys"].append(d["keys"][0] | {"state": "enabled"}),
    "two active keys of a use": lambda d: d["keys"].append(d["keys"][0] | {"id": 2}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_keyring_is_refused_without_showing_a_key(what: str, path: Path) -> None:
    materials = [key["material"] for key in json.loads(path.read_text())["keys"]]
    rewrite(path, BROKEN[what])

    with pytest.raises(KeyringRefused, match="keyring") as caught:
        FileProvider(path).load()

    assert not any(material in str(caught.value) for material in materials)


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'"x"', b"{", b"\xff\xfe"])
def test_a_file_that_is_no_document_is_refused(text: bytes, path: Path) -> None:
    path.write_bytes(text)

    with pytest.raises(KeyringRefused, match="Restore it from its backup"):
        FileProvider(path).load()


def test_a_new_key_takes_over_and_the_former_still_opens(ring: keyring.Keyring) -> None:
    former = ring.active(Use.KEK)

    rotated = ring.with_new(Use.KEK, at=NOON)

    assert rotated.active(Use.KEK).id == former.id + 1
    assert rotated.get(Use.KEK, former.id).state == "enabled"
    assert rotated.get(Use.KEK, former.id).material == former.material
    assert rotated.active(Use.INDEX) == ring.active(Use.INDEX)


def test_a_destroyed_key_is_missing_by_name(ring: keyring.Keyring) -> None:
    without = ring.without(Use.INTAKE, 1)

    with pytest.raises(KeyMissing, match="Key 1 of use “intake”"):
        without.get(Use.INTAKE, 1)
    with pytest.raises(KeyMissing, match="no active key of use “intake”"):
        without.active(Use.INTAKE)


def test_a_changed_file_is_read_anew_and_leaves_nothing_beside_it(
    path: Path, settings: Settings
) -> None:
    settings.KEYRING = path
    before = keyring.current()
    assert keyring.current() is before

    keyring.change(lambda ring: ring.with_new(Use.INTAKE, at=NOON))

    assert keyring.current().active(Use.INTAKE).id == 2
    assert [each.name for each in path.parent.iterdir()] == ["keyring.json"]


def test_two_writers_at_once_lose_nothing(path: Path, settings: Settings) -> None:
    settings.KEYRING = path
    keyring.current()

    def grow(_: int) -> None:
        keyring.change(lambda ring: ring.with_new(Use.KEK, at=NOON))

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(grow, range(24)))

    assert [key.id for key in keyring.current().of(Use.KEK)] == list(range(1, 26))


def test_no_material_is_in_what_a_key_prints(ring: keyring.Keyring) -> None:
    key = ring.active(Use.KEK)

    assert repr(key.material) not in repr(key)
    assert "material" not in repr(key)


def test_a_provider_that_does_not_exist_is_named_with_those_that_do(settings: Settings) -> None:
    settings.KEY_PROVIDER = "safe"

    with pytest.raises(KeyringRefused, match=r"“safe”; choose one of: file, env, vault-transit"):
        keyring.current()


def test_a_provider_without_its_package_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEY_PROVIDER = "aws-kms"
    monkeypatch.delitem(sys.modules, "cdp.kernel.key_providers.aws_kms", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(KeyringRefused, match=r"package boto3.*pip install 'candor\[aws-kms\]'"):
        keyring.current()


def test_a_keyring_in_the_environment_is_read_and_never_written(
    path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, ring: keyring.Keyring
) -> None:
    monkeypatch.setenv("CDP_KEYRING_JSON", path.read_text())
    settings.KEY_PROVIDER = "env"

    assert [keyring.current().of(use) for use in Use] == [ring.of(use) for use in Use]
    assert keyring.provider().health().fine
    with pytest.raises(KeyringReadOnly, match="Change it where the variable is set"):
        keyring.change(lambda ring: ring.with_new(Use.KEK, at=NOON))


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_an_environment_without_a_keyring_says_where_it_belongs(
    text: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDP_KEYRING_JSON", text)
    settings.KEY_PROVIDER, settings.KEYRING = "env", Path(text or "/none")

    with pytest.raises(KeyringRefused, match="CDP_KEYRING_JSON is not"):
        keyring.current()
    assert not keyring.provider().health().fine


def test_a_key_waits_enabled_until_it_is_taken_up(ring: keyring.Keyring) -> None:
    waiting = ring.with_waiting(Use.KEK, at=NOON)

    assert waiting.active(Use.KEK) == ring.active(Use.KEK)
    assert [key.state for key in waiting.of(Use.KEK)] == ["active", "enabled"]
    assert waiting.with_active(Use.KEK, 2).active(Use.KEK).id == 2
