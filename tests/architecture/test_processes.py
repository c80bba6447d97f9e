"""A process gets the logins it needs and no others."""

import json
from pathlib import Path

import pytest

from cdp.kernel.roles import COMMAND_PROCESS, NO_LOGIN, PROCESSES, Role
from cdp.runtime.deployment import NO_DATABASE, Deployment
from cdp.runtime.roster import KINDS

DEPLOYMENT = Deployment(
    root=Path("/"), var=Path("/var"), dsns={role: f"postgresql://{role}@db/cdp" for role in Role},
    valkey_url="redis://", port=8000, public_url="", smtp_port=None, is_demo=False,
)  # fmt: skip


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_told_the_addresses_of_its_own_doors_alone(process: str) -> None:
    environment = DEPLOYMENT.environment(process, {"CDP_DSNS": "everything", "DATABASE_URL": "x"})

    assert json.loads(environment["CDP_DSNS"]).keys() == set(PROCESSES[process].values())
    assert "DATABASE_URL" not in environment


def test_the_mailbox_has_no_database() -> None:
    assert json.loads(DEPLOYMENT.environment(NO_DATABASE, {})["CDP_DSNS"]) == {}


def test_only_migrations_may_become_the_owner() -> None:
    holders = {name for name, doors in PROCESSES.items() if Role.MIGRATE in doors.values()}

    assert holders == {"migrate"}
    assert not any(set(doors.values()) & {*NO_LOGIN, Role.TEST} for doors in PROCESSES.values())


def test_who_reads_by_purpose_is_another_process_than_intake_and_sweeper() -> None:
    for name, doors in PROCESSES.items():
        if name != "web":  # the demo's one process for all doors; the door decides by address
            assert len({Role.INGEST, Role.WORKER, Role.SWEEP} & set(doors.values())) <= 1, name


def test_every_process_and_command_is_of_a_known_kind() -> None:
    assert set(KINDS.values()) | set(COMMAND_PROCESS.values()) <= PROCESSES.keys()
