"""A keyring that a key service wraps: once a process, bound to its place, refused by name."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from cdp.kernel import clock, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.key_providers.wrapped import KeyNotUnwrapped, KeyServiceDenied
from cdp.kernel.keyring import KeyringRefused, KeyServiceAway, Use
from tests.kernel.key_services import TOKEN, KeyServer, serving

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEYS = {"vault-transit": "candor", "aws-kms": ARN}


@pytest.fixture(params=["vault-transit", "aws-kms"])
def service(
    request: pytest.FixtureRequest,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[KeyServer]:
    """Choose a provider and run its service, with a good key and another."""
    kind = request.param
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with serving(kind) as running:
        running.keys = {KEYS[kind]: bytes(32), "other": b"\x01" * 32}
        settings.KEY_PROVIDER = kind
        settings.KEYRING = tmp_path / "keyring.json"
        settings.KEY_SERVICE = {
            "CDP_VAULT_ADDR": running.url,
            "CDP_VAULT_TOKEN": TOKEN,
            "CDP_VAULT_KEY": "candor",
            "CDP_VAULT_MOUNT": "transit",
            "CDP_KMS_KEY": ARN,
            "CDP_KMS_REGION": "eu-central-1",
            "CDP_KMS_ENDPOINT": running.url,
        }
        afresh()
        yield running
    afresh()


def afresh() -> None:
    """Forget what the process has in memory, as a restart does."""
    keyring._process.__init__()  # type: ignore[misc]


@pytest.fixture
def ring(service: KeyServer) -> keyring.Keyring:
    """Keep a first keyring by the service."""
    made = keyring.generate(origin="shop.example/audit", at=NOON)
    keyring.create(keyring.provider(), made)
    afresh()
    service.asked.clear()
    return made


def test_the_file_holds_no_material_and_the_keyring_comes_back_whole(
    ring: keyring.Keyring, settings: Settings
) -> None:
    entries = json.loads(settings.KEYRING.read_text())["keys"]

    assert all(entry.keys() >= {"wrapped", "kms_key"} for entry in entries)
    assert not any("material" in entry for entry in entries)
    assert settings.KEYRING.stat().st_mode & 0o777 == 0o600
    assert [keyring.current().of(use) for use in Use] == [ring.of(use) for use in Use]


def test_each_key_is_unwrapped_once_in_a_process_and_never_for_a_subject(
    ring: keyring.Keyring, service: KeyServer
) -> None:
    for _ in range(50):
        keyring.current().active(Use.KEK)
    assert len(service.asked) == len(Use)

    keyring.change(lambda ring: ring.with_new(Use.INTAKE, at=NOON))
    assert keyring.current().active(Use.INTAKE).id == 2

    assert len(service.asked) == len(Use) + 1, "the new key was wrapped and nothing asked again"


def test_the_service_is_told_use_and_number_and_nothing_else(
    ring: keyring.Keyring, service: KeyServer
) -> None:
    keyring.current()

    told = json.dumps([body for _, body in service.asked])
    assert "shop.example" not in told
    if "EncryptionContext" in told:
        contexts = [body["EncryptionContext"] for _, body in service.asked]
        assert {"candor": "keyring", "use": "kek", "id": "1"} in contexts


def test_a_wrapped_key_opens_at_its_own_place_alone(
    ring: keyring.Keyring, settings: Settings
) -> None:
    document = json.loads(settings.KEYRING.read_text())
    kek, index = (e for e in document["keys"] if e["use"] in ("kek", "index"))
    kek["wrapped"], index["wrapped"] = index["wrapped"], kek["wrapped"]
    settings.KEYRING.write_text(json.dumps(document))

    with pytest.raises(KeyNotUnwrapped, match="does not open a key of the keyring"):
        keyring.current()


def test_another_key_of_the_service_does_not_open_the_keyring(
    ring: keyring.Keyring, settings: Settings
) -> None:
    document = json.loads(settings.KEYRING.read_text())
    for entry in document["keys"]:
        entry["kms_key"] = "other"
    settings.KEYRING.write_text(json.dumps(document))

    with pytest.raises(KeyNotUnwrapped, match="Restore the"):
        keyring.current()


MOODS: dict[str, type[CdpError]] = {
    "broken": KeyServiceAway,
    "busy": KeyServiceAway,
    "denied": KeyServiceDenied,
}


@pytest.mark.parametrize("mood", MOODS)
def test_a_service_that_fails_or_refuses_is_named(
    mood: str, ring: keyring.Keyring, service: KeyServer
) -> None:
    service.mood = mood

    with pytest.raises(MOODS[mood]):
        keyring.current()
    assert not keyring.provider().health().fine

    service.mood = ""
    assert keyring.current().active(Use.KEK) == ring.active(Use.KEK)
    assert keyring.provider().health().fine


OF_ONE: dict[str, dict[str, type[CdpError]]] = {
    "vault-transit": {"sealed": KeyServiceAway, "nonsense": KeyServiceAway},
    "aws-kms": {"disabled": KeyServiceDenied},
}


def test_what_only_one_service_may_answer_is_named_too(
    ring: keyring.Keyring, service: KeyServer, settings: Settings
) -> None:
    for mood, error in OF_ONE[settings.KEY_PROVIDER].items():
        service.mood = mood

        with pytest.raises(error) as caught:
            keyring.current()

        assert TOKEN not in str(caught.value)


def test_a_token_or_transit_key_that_is_not_there_is_refused(
    ring: keyring.Keyring, service: KeyServer, settings: Settings
) -> None:
    settings.KEY_SERVICE |= {
        "CDP_VAULT_TOKEN": "stale",
        "CDP_KMS_KEY": "arn:gone",
        "CDP_VAULT_KEY": "gone",
    }
    afresh()

    with pytest.raises(KeyServiceDenied):
        keyring.change(lambda ring: ring.with_new(Use.KEK, at=NOON))
    settings.KEY_SERVICE |= {"CDP_VAULT_TOKEN": TOKEN}
    afresh()
    with pytest.raises(KeyServiceDenied):
        keyring.change(lambda ring: ring.with_new(Use.KEK, at=NOON))


def test_nobody_listening_is_an_outage_with_a_name(
    ring: keyring.Keyring, settings: Settings
) -> None:
    nowhere = "http://127.0.0.1:9"
    settings.KEY_SERVICE |= {"CDP_VAULT_ADDR": nowhere, "CDP_KMS_ENDPOINT": nowhere}
    afresh()

    with pytest.raises(KeyServiceAway, match="does not answer"):
        keyring.current()


def test_a_running_process_outlives_an_outage_and_renews_its_keyring_after_it(
    ring: keyring.Keyring, service: KeyServer, settings: Settings
) -> None:
    with clock.stopped(NOON):
        before = keyring.current()
    mine = keyring.provider()
    afresh()  # another process rotates
    keyring.change(lambda ring: ring.with_new(Use.INTAKE, at=NOON))
    keyring._process._provider, keyring._process._ring = mine, before
    keyring._process._stamp = "as it was"
    service.mood = "broken"

    with clock.stopped(NOON):
        assert keyring.current() is before
        asked = len(service.asked)
        assert keyring.current() is before
        assert len(service.asked) == asked, "it does not ask at every use"

    service.mood = ""
    with clock.stopped(NOON + timedelta(minutes=1)):
        assert keyring.current().active(Use.INTAKE).id == 2


def test_a_plain_file_is_wrapped_when_it_is_next_kept_and_said_to_be_plain_until_then(
    service: KeyServer, settings: Settings
) -> None:
    made = keyring.generate(origin="x", at=NOON)
    keyring.create(FileProvider(settings.KEYRING), made)
    afresh()
    assert "unwrapped. Run: manage.py keys wrap" in keyring.provider().health().says

    keyring.change(lambda ring: ring)

    assert keyring.provider().health().fine
    assert "material" not in settings.KEYRING.read_text()
    afresh()
    assert keyring.current().active(Use.KEK) == made.active(Use.KEK)


def test_the_plain_provider_names_the_service_it_misses(
    ring: keyring.Keyring, settings: Settings
) -> None:
    settings.KEY_PROVIDER = "file"

    with pytest.raises(KeyringRefused, match="Set CDP_KEY_PROVIDER to that service"):
        keyring.current()


@pytest.mark.parametrize("missing", ["CDP_VAULT_ADDR", "CDP_VAULT_TOKEN", "CDP_VAULT_KEY"])
def test_a_setting_that_is_missing_is_named(
    missing: str, service: KeyServer, settings: Settings
) -> None:
    settings.KEY_SERVICE |= {missing: "", "CDP_KMS_KEY": ""}
    afresh()
    named = "CDP_KMS_KEY" if settings.KEY_PROVIDER == "aws-kms" else missing

    with pytest.raises(KeyringRefused, match=named):
        keyring.current()
