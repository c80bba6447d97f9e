"""Rewrapping in a database where commits are real: killed at any point, and while others write."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import database, keyring, subjects, wraps
from cdp.kernel.key_providers.file import FileProvider
from cdp.kernel.keyring import Use
from cdp.kernel.models import Key, SubjectKey
from cdp.kernel.roles import Role
from cdp.keys.retire import retire
from cdp.keys.rotate import rotate
from tests.consent.committed import committed_shop
from tests.keys.conftest import born
from tests.people import Shop
from tests.servers import ROOT, Servers

pytestmark = pytest.mark.slow

ACTOR = "op:1"
DATABASE = "candor_rewrap"
PEOPLE, BATCH = 3_000, 100


@pytest.fixture
def shop(
    servers: Servers,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    settings: Settings,
    tmp_path: Path,
) -> Iterator[Shop]:
    """Yield a shop whose commits are real, over a keyring of its own."""
    whole = keyring.current()
    settings.KEYRING = tmp_path / "keyring.json"
    keyring.create(FileProvider(settings.KEYRING), whole)
    wraps.forget()
    with committed_shop(servers, django_db_blocker, DATABASE) as opened:
        yield opened
    wraps.forget()


def rewrapping(servers: Servers, path: Path) -> subprocess.Popen[str]:
    """Start the command as a process of its own, with its own login."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "keys", "rewrap", "--batch", str(BATCH)],
        cwd=ROOT,
        env=servers.environment("keys", DATABASE) | {"CDP_KEYRING": str(path)},
        stdout=subprocess.PIPE,
        text=True,
    )


def under(kek_id: int) -> int:
    with database.as_role(Role.REWRAP):
        return SubjectKey.objects.filter(kek_id=kek_id).count()


@pytest.mark.parametrize("lines", [1, 4, 11])
def test_case_10_killed_during_rewrap_and_run_again(
    lines: int, shop: Shop, servers: Servers, settings: Settings
) -> None:
    """Attack case 10: kill -9; the next run completes, every row opens, none is on the old KEK."""
    keys = born(PEOPLE)
    with database.as_role(Role.REWRAP):
        rotate(Use.KEK, actor=ACTOR)

    first = rewrapping(servers, settings.KEYRING)
    assert first.stdout is not None
    for _ in range(lines):
        first.stdout.readline()
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()

    moved = under(2)
    assert lines * BATCH <= moved < PEOPLE, "it was killed in the middle"
    assert moved % BATCH == 0, "a batch is whole or not at all"
    with database.as_role(Role.WORKER):
        assert subjects.data_keys(keys) == keys, "everything opens in between"

    second = rewrapping(servers, settings.KEYRING)
    said = second.communicate()[0]

    assert second.returncode == 0
    assert f"{PEOPLE - moved:,} data keys wrapped anew, 0 do not open, 0 left." in said
    assert (under(1), under(2)) == (0, PEOPLE)
    with database.as_role(Role.WORKER):
        assert subjects.data_keys(keys) == keys


def test_case_11_new_people_while_keys_are_rotated(
    shop: Shop, servers: Servers, settings: Settings
) -> None:
    """Attack case 11: encrypt concurrently with rotation; everything stays readable."""
    stopping = threading.Event()
    made: dict[UUID, bytes] = {}
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with database.as_role(Role.INGEST), database.in_workspace(shop.workspace.pk):
                while not stopping.is_set():
                    fresh = [uuid4() for _ in range(20)]
                    with database.atomic():
                        made.update(subjects.ensure_data_keys(fresh))
        except BaseException as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        with database.as_role(Role.REWRAP):
            for _ in range(4):
                rotate(Use.KEK, actor=ACTOR)
                call_command("keys", "rewrap", "--batch", "50")
    finally:
        stopping.set()
        for writer in writers:
            writer.join()

    assert failures == []
    assert len(made) > 100, "they really wrote meanwhile"
    with database.as_role(Role.REWRAP):
        assert subjects.data_keys(made) == made
        call_command("keys", "rewrap")
        assert set(SubjectKey.objects.values_list("kek_id", flat=True)) == {5}
        assert subjects.data_keys(made) == made
        for key_id in range(1, 5):
            retire(Use.KEK, key_id, actor=ACTOR)
        wrapped = Key.objects.filter(use="kek").values_list("wraps", flat=True)
        assert sum(wrapped) >= len(made)
