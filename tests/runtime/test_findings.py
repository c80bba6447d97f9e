"""What `manage.py doctor` finds: a broken thing is named together with what to do."""

import socket
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from cdp.kernel import clock, keyring
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.roles import Role
from cdp.runtime import bootstrap, database_findings, findings, ports, private_files
from cdp.runtime.launch import Ground
from cdp.runtime.postgres import Cluster
from cdp.runtime.processes import Child

ROOT = Path(__file__).resolve().parent.parent.parent


def ground(var: Path, **more: object) -> Ground:
    """Return a launch over `var`."""
    return Ground(ROOT, var, FileProvider(var / "keyring.json"), var / "static", (), **more)  # type: ignore[arg-type]


@pytest.fixture
def dsns(cluster: tuple[Cluster, Child], open_folder: Path) -> dict[str, str]:
    """The logins of a bootstrapped database, written where doctor looks."""
    made = bootstrap.bootstrap(cluster[0].dsn(bootstrap.DATABASE), known={})
    private_files.write_json(open_folder / "dsn.json", made)
    return made


def test_this_machine_has_everything_that_is_required(tmp_path: Path) -> None:
    required = [one for one in findings.machine(ground(tmp_path)) if one.required]

    assert [one.says for one in required if not one.fine] == []
    assert len(required) == 8


def test_a_package_of_another_version_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "django==0.96 \\\n    --hash=sha256:00\nabsent-thing==1.0 ; sys_platform == 'plan9' \\\n"
    )

    found = findings.packages(lock)

    assert not found.fine
    assert "1 packages differ" in found.says  # the one for another system does not count
    assert "django" in found.says
    assert "make demo" in found.says


def test_a_lost_or_open_key_ring_is_named_but_a_new_house_needs_none(tmp_path: Path) -> None:
    house = ground(tmp_path)
    new = findings.key_file(house)
    house.logins.touch()
    lost = findings.key_file(house)
    keyring.create(house.keyring, keyring.generate(origin="x", at=clock.now()))
    whole = findings.key_file(house)
    (tmp_path / "keyring.json").chmod(0o640)
    readable = findings.key_file(house)

    assert (new.fine, lost.fine, whole.fine, readable.fine) == (True, False, True, False)
    assert "Restore it from its backup" in lost.says
    assert "chmod 600" in readable.says


def test_a_taken_port_is_named(tmp_path: Path, cluster: tuple[Cluster, Child]) -> None:
    free = ports.first_free(8600)

    assert findings.web_port(ground(tmp_path, port=free)).fine
    with socket.create_server((ports.HOST, free)):
        taken = findings.web_port(ground(tmp_path, port=free))
        elsewhere = ports.first_free(free)

    assert (taken.fine, elsewhere > free) == (False, True)
    assert f"CDP_PORT {free} is taken" in taken.says


def test_a_sound_database_has_nothing_to_say_but_good(
    dsns: dict[str, str], open_folder: Path
) -> None:
    said = list(database_findings.servers(ground(open_folder)))

    assert [one.fine for one in said] == [True, True, False]  # no Valkey runs here
    assert "Valkey does not answer" in said[-1].says


@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_login_with_more_than_its_rights_is_named(
    right: str, dsns: dict[str, str], cluster: tuple[Cluster, Child]
) -> None:
    with psycopg.connect(cluster[0].dsn(bootstrap.DATABASE), autocommit=True) as administrator:
        administrator.execute(
            sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(Role.PORTAL), sql.SQL(right))
        )

    found = database_findings.logins(dsns)

    assert not found.fine
    assert "cdp_portal is superuser" in found.says


def test_a_login_whose_password_was_lost_is_named(dsns: dict[str, str]) -> None:
    broken = bootstrap.with_login(dsns[Role.API], user=Role.API, password="wrong")

    found = database_findings.logins(dsns | {Role.API: broken})

    assert not found.fine
    assert "cdp_api cannot connect" in found.says
    assert "wrong" not in found.says


def test_a_protected_table_without_row_level_security_is_named(
    dsns: dict[str, str], cluster: tuple[Cluster, Child]
) -> None:
    with psycopg.connect(cluster[0].dsn(bootstrap.DATABASE), autocommit=True) as administrator:
        administrator.execute("CREATE TABLE bare (purpose_bits bigint)")
        bare = list(database_findings.rights(dsns[Role.WEB]))
        administrator.execute("ALTER TABLE bare ENABLE ROW LEVEL SECURITY")
        enabled = list(database_findings.rights(dsns[Role.WEB]))
        administrator.execute("ALTER TABLE bare FORCE ROW LEVEL SECURITY")
        forced = list(database_findings.rights(dsns[Role.WEB]))

    assert [said[0].fine for said in (bare, enabled, forced)] == [False, False, True]


def test_a_missing_extension_is_named_with_its_remedy(
    dsns: dict[str, str], cluster: tuple[Cluster, Child]
) -> None:
    with psycopg.connect(cluster[0].dsn(bootstrap.DATABASE), autocommit=True) as administrator:
        administrator.execute("DROP EXTENSION btree_gin")

    said = list(database_findings.rights(dsns[Role.WEB]))

    assert said[-1].says.endswith("CREATE EXTENSION btree_gin;")


def test_a_house_that_does_not_run_is_no_fault(
    dsns: dict[str, str], cluster: tuple[Cluster, Child], open_folder: Path, tmp_path: Path
) -> None:
    cluster[1].kill()

    stopped = list(database_findings.servers(ground(open_folder)))
    new = list(database_findings.servers(ground(tmp_path)))

    assert [(one.fine, one.required) for one in (*stopped, *new)] == [(True, False)] * 2
