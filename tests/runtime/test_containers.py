"""docker-compose.yml runs the processes of the supervisor, each with its own logins."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cdp.kernel.roles import PROCESSES
from cdp.runtime import postgres, roster

ROOT = Path(__file__).resolve().parent.parent.parent
SERVERS_AND_SETUP = {"postgres", "valkey", "setup"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as Docker reads it, anchors resolved."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def test_it_runs_exactly_the_processes_of_the_supervisor(
    compose: dict[str, Any],
) -> None:
    assert set(compose["services"]) - SERVERS_AND_SETUP == set(roster.KINDS)


def test_its_commands_are_those_of_the_supervisor(compose: dict[str, Any]) -> None:
    expected = roster.commands(host="0.0.0.0", port=8000, var="/candor/shared")

    found = {name: tuple(compose["services"][name]["command"]) for name in roster.KINDS}

    assert found == expected


def test_each_process_says_its_kind_and_mounts_its_own_logins_alone(
    compose: dict[str, Any],
) -> None:
    for name, kind in roster.KINDS.items():
        service = compose["services"][name]
        assert kind in PROCESSES
        assert service["environment"]["CDP_PROCESS"] == kind
        assert "DATABASE_URL" not in service["environment"]
        assert service["volumes"] == ["shared:/candor/shared", f"{kind}:/candor/own:ro"]
        assert service["init"] is True


def test_setup_alone_knows_the_administrator_and_keeps_all_logins_to_itself(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]

    assert "DATABASE_URL" in services["setup"]["environment"]
    assert services["setup"]["environment"]["CDP_DSN_FILE"].startswith("/candor/launcher/")
    with_launcher = [n for n, s in services.items() if "launcher:" in str(s.get("volumes"))]
    assert with_launcher == ["setup"]


def test_every_volume_that_is_mounted_is_declared(compose: dict[str, Any]) -> None:
    mounted = {
        mount.partition(":")[0]
        for service in compose["services"].values()
        for mount in service["volumes"]
    }

    assert mounted == set(compose["volumes"])


def test_its_database_keeps_values_out_of_the_log_like_ours(
    compose: dict[str, Any],
) -> None:
    command = compose["services"]["postgres"]["command"]

    told = dict(part.split("=", 1) for part in command if "=" in part)

    assert postgres.QUIET_LOG.items() <= told.items()
