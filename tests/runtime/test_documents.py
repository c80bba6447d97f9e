"""What the launcher writes and tells: files, environments, run.json, the key ring."""

import json
import stat
from pathlib import Path

import pytest

from cdp.kernel import clock, keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import KeyringRefused
from cdp.kernel.roles import LOGINS, PROCESSES, Role
from cdp.runtime import keys, launch, private_files, run_file, show, static_files
from cdp.runtime.deployment import NO_DATABASE, Deployment
from cdp.runtime.run_file import Running

ADMINISTRATOR = "postgresql://candor_admin:very-secret@/candor?host=/run/candor"


def deployment(var: Path, *, smtp_port: int | None = 1025) -> Deployment:
    """Return a launch whose addresses are recognizable."""
    return Deployment(
        root=var.parent,
        var=var,
        dsns={role: f"postgresql://{role}:password-of-{role}@/candor" for role in LOGINS},
        valkey_url="redis://:secret@127.0.0.1:6390",
        port=8003,
        public_url="http://127.0.0.1:8003",
        smtp_port=smtp_port,
        is_demo=True,
    )


def test_a_document_is_private_and_an_interrupted_write_keeps_the_former_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new" / "run.json"
    private_files.write_json(path, {"n": 1})

    with pytest.raises(TypeError):
        private_files.write_json(path, {"n": object()})

    assert private_files.read_json(path) == {"n": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]


@pytest.mark.parametrize("kind", [*PROCESSES, NO_DATABASE])
def test_a_process_gets_its_own_logins_and_no_other(kind: str, tmp_path: Path) -> None:
    inherited = {
        "PATH": "/bin",
        "DATABASE_URL": ADMINISTRATOR,
        "CDP_DSNS": json.dumps({"cdp_migrate": "postgresql://all"}),
        "CDP_PROCESS": "migrate",
    }

    environment = deployment(tmp_path).environment(kind, inherited)

    own = set(PROCESSES.get(kind, {}).values())
    text = json.dumps(environment)
    assert set(json.loads(environment["CDP_DSNS"])) == own
    assert {role for role in LOGINS if f"password-of-{role}@" in text} == own
    assert "very-secret" not in text
    assert environment.get("CDP_PROCESS") == (None if kind == NO_DATABASE else kind)
    assert environment["PATH"] == "/bin"


def test_only_a_demo_points_mail_at_its_mailbox(tmp_path: Path) -> None:
    with_mailbox = deployment(tmp_path).environment("work", {})
    without = deployment(tmp_path, smtp_port=None).environment("work", {"CDP_SMTP_HOST": "mx"})

    assert (with_mailbox["CDP_SMTP_HOST"], with_mailbox["CDP_SMTP_PORT"]) == (
        "127.0.0.1",
        "1025",
    )
    assert with_mailbox["CDP_MAILBOX_DIR"] == str(tmp_path / "mailbox")
    assert (without["CDP_SMTP_HOST"], "CDP_MAILBOX_DIR" in without) == ("mx", False)


def test_each_kind_finds_its_own_logins_in_its_own_folder(tmp_path: Path) -> None:
    launch.write_logins(tmp_path, deployment(tmp_path))

    written = {path.parent.name: path.read_text() for path in tmp_path.glob("*/dsns.json")}
    assert set(written) == {"web", "work", "ingest", "sequencer", "beat"}
    assert set(json.loads(written["ingest"])) == {Role.INGEST}
    assert not any(f"password-of-{Role.MIGRATE}" in text for text in written.values())


def test_run_json_names_what_a_script_needs(tmp_path: Path) -> None:
    seeded = {
        "write_key": "wk",
        "consent_write_key": "cwk",
        "api_key": "ak",
        "operators": [{"email": "ada@shop.example", "password": "p", "role": "admin"}],
        "customers": [{"email": "mei@shop.example"}],
    }

    document = run_file.document(
        Running(deployment(tmp_path), ADMINISTRATOR, seeded, {"web": 7, "supervisor": 1})
    )

    assert document["base_url"] == "http://127.0.0.1:8003"
    assert (document["write_key"], document["api_key"]) == ("wk", "ak")
    assert document["operator"] == {"email": "ada@shop.example", "password": "p"}
    assert document["customers"] == [
        {"email": "mei@shop.example", "portal_url": "http://127.0.0.1:8003/my/signin/"}
    ]
    assert document["database_url"] == ADMINISTRATOR
    assert document["valkey_url"] == "redis://:secret@127.0.0.1:6390"
    assert document["mailbox"] == {
        "dir": str(tmp_path / "mailbox"),
        "url": "http://127.0.0.1:8003/demo/mailbox/",
    }
    assert document["pids"] == {"web": 7, "supervisor": 1}
    page = show.page(document)
    assert "http://127.0.0.1:8003/console/" in page
    assert "ada@shop.example   p" in page


def test_an_external_administrator_is_not_named(tmp_path: Path) -> None:
    assert "database_url" not in run_file.document(Running(deployment(tmp_path), None, {}, {}))


def test_a_key_ring_is_made_for_an_empty_house_and_then_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keyring.json"

    made = keys.make_keyring(FileProvider(path), origin="candor.test/audit", has_data=False)
    first = path.read_text()
    made_again = keys.make_keyring(FileProvider(path), origin="candor.test/audit", has_data=True)

    assert (made, made_again) == (True, False)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileProvider(path).load().active(keyring.Use.SIGN).origin == "candor.test/audit"


def test_lost_keys_stop_the_start_instead_of_being_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"

    with pytest.raises(KeyringRefused, match=r"Restore keyring\.json"):
        keys.make_keyring(FileProvider(path), origin="x", has_data=True)

    assert not path.exists()


def test_a_key_ring_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    keyring.create(FileProvider(path), keyring.generate(origin="x", at=clock.now()))
    path.chmod(0o644)

    with pytest.raises(KeyringRefused, match="chmod 600"):
        keys.make_keyring(FileProvider(path), origin="x", has_data=False)


def test_the_secret_key_stays_when_the_broker_moves(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    keys.settle_secrets(path, valkey_url="redis://one")
    secret = private_files.read_json(path)["secret_key"]

    keys.settle_secrets(path, valkey_url="redis://two")

    assert private_files.read_json(path) == {
        "secret_key": secret,
        "valkey_url": "redis://two",
    }
    assert len(secret) >= 64


def test_static_files_are_collected_again_when_one_changes_appears_or_goes(
    tmp_path: Path,
) -> None:
    source, lock = tmp_path / "static", tmp_path / "requirements.lock"
    source.mkdir()
    lock.write_text("django==5.2\n")
    (source / "app.css").write_text("a{}")

    def look() -> str:
        return static_files.fingerprint([source], lock=lock)

    seen = [look()]
    (source / "app.css").write_text("a{b:c}")
    seen.append(look())
    (source / "app.js").write_text("")
    seen.append(look())
    lock.write_text("django==5.2.1\n")
    seen.append(look())
    (source / "app.css").unlink()
    seen.append(look())

    assert len(set(seen)) == 5
    assert look() == seen[-1]


def test_the_size_of_the_demo_becomes_the_loaders_options() -> None:
    assert show.load_arguments("full", as_recorded=False) == ()
    assert show.load_arguments("small", as_recorded=True) == (
        "--households",
        "300",
        "--as-recorded",
    )
