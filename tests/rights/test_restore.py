"""An older database is restored: nobody is served before everybody erased is erased again."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdp.kernel import database
from cdp.kernel.roles import Role
from consent import erasure_file
from profiles.vault import index
from tests.consent.rows import furnish
from tests.people import EVERYTHING, Shop
from tests.rights import backups
from tests.rights.conftest import DATABASE
from tests.rights.holdings import Holdings
from tests.servers import ROOT, Servers

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(servers: Servers, tmp_path: Path) -> Run:
    """Return how a command is run: as a process of its kind, over the shop's database."""

    def run(process: str, *command: str) -> subprocess.CompletedProcess[str]:
        environment = servers.environment(process, DATABASE) | {"CDP_VAR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def blinds(value: str) -> int:
    """Return how many identifiers and values answer to an address."""
    with database.as_role(Role.INGEST), database.cursor() as sql:
        sql.execute(
            """SELECT (SELECT count(*) FROM profiles_identifier WHERE blind = %(b)s)
                    + (SELECT count(*) FROM profiles_vaultvalue WHERE blind = %(b)s)""",
            {"b": index.blind("email", value)},
        )
        row = sql.fetchone()
    return int(row[0]) if row else -1


@pytest.mark.slow
def test_erasures_are_replayed_before_a_restored_older_database_serves(
    own_shop: Shop, holdings: Holdings, servers: Servers, run: Run, tmp_path: Path
) -> None:
    """Case 14."""
    mei, sofia = (own_shop.welcome(name, says=EVERYTHING) for name in ("mei", "sofia"))
    for each in (mei, sofia):
        furnish(own_shop, each)
    backup = backups.dump(servers, DATABASE, tmp_path)
    noor = own_shop.welcome("noor", says=EVERYTHING)
    kept = holdings.of(mei.subject)
    done = [run("rights", "erase", str(each.subject)) for each in (sofia, noor)]
    certificates = [json.loads(each.stdout) for each in done]
    assert blinds(sofia.email) == 0

    backups.restore(servers, DATABASE, backup)

    assert blinds(sofia.email) == 2, "the backup brings her back"
    refused = {
        name: run(process, *command)
        for name, process, command in (
            ("web", "web", ("bootcheck",)),
            ("drain", "ingest", ("drain", "--once")),
            ("erase", "rights", ("erase", str(mei.subject))),
        )
    }
    for name, answer in refused.items():
        assert answer.returncode != 0, name
        assert "manage.py erase --replay" in answer.stderr, name
    replayed = run("rights", "erase", "--replay")
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.startswith("2 erasures replayed")
    assert run("web", "bootcheck").returncode == 0
    assert blinds(sofia.email) == blinds(noor.email) == 0
    assert not {"profiles_profile", "profiles_event", "kernel_subjectkey"} & set(
        holdings.of(sofia.subject)
    )
    assert holdings.of(mei.subject) == kept
    noted = list(erasure_file.lines())
    again = [json.loads(run("rights", "erase", "--certificate", str(line.id)).stdout)
             for line in noted]  # fmt: skip
    dates = ("erasure", "erased_at", "requested_at", "person")
    assert [[each[d] for d in dates] for each in again] == [
        [each[d] for d in dates] for each in certificates
    ]
    assert run("rights", "erase", "--replay").stdout.startswith("0 erasures replayed")
