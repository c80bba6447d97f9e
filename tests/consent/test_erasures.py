"""The erasure ledger's file: whole lines, no value, and what the database lacks of it."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from consent import boot, erasure_file, erasures
from consent.erasure_file import Line
from consent.erasures import ErasuresMissing

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def var(tmp_path: Path) -> Iterator[Path]:
    """Keep the ledger's file in a folder of its own."""
    usual = settings.VAR
    settings.VAR = tmp_path
    yield tmp_path
    settings.VAR = usual


def line(workspace: UUID | None = None) -> Line:
    subject = uuid4()
    return Line(
        id=uuid4(),
        workspace=workspace or uuid4(),
        subject=subject,
        origins=tuple(sorted((subject, uuid4()))),
        reason="request",
        actor="sys:erase",
        requested_at=NOON,
        erased_at=NOON,
        counts={"profiles_event": 3},
    )


def test_what_was_appended_is_read_back_in_order() -> None:
    first, second, third = line(), line(), line()

    erasure_file.append([first])
    erasure_file.append([second, third])
    erasure_file.append([])

    assert list(erasure_file.lines()) == [first, second, third]


def test_nobody_else_may_read_the_file() -> None:
    erasure_file.append([line()])

    assert stat.S_IMODE(erasure_file.path().stat().st_mode) == 0o600


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_line_torn_by_a_crash_spoils_no_other(cut: int) -> None:
    first, torn, third = line(), line(), line()
    erasure_file.append([first, torn])
    whole = erasure_file.path().read_bytes()
    erasure_file.path().write_bytes(whole[:-cut])

    erasure_file.append([third])

    found = list(erasure_file.lines())
    assert found[0] == first and found[-1] == third
    assert len(found) == (3 if cut == 1 else 2), "a missing line end loses nothing"


def test_what_the_database_has_is_noted_once(workspace: Workspace) -> None:
    kept = line(workspace.pk)
    with database.as_role(Role.RIGHTS):
        erasures.write(kept)

        counted = (erasures.publish(), erasures.publish())

    assert counted == (1, 0)
    assert list(erasure_file.lines()) == [kept]


def test_what_the_database_lacks_keeps_a_process_from_serving(workspace: Workspace) -> None:
    erasure_file.append([line(workspace.pk), line()])

    with pytest.raises(ErasuresMissing, match=r"2 people .* manage\.py erase --replay"):
        boot.check_all()


def test_an_erasure_that_was_noted_twice_is_missing_once(workspace: Workspace) -> None:
    first, second = line(workspace.pk), line(workspace.pk)

    erasure_file.append([first, second, first])

    assert erasures.missing() == [first, second]


@pytest.mark.parametrize(
    "role", [Role.WEB, Role.API, Role.PORTAL, Role.INGEST, Role.WORKER, Role.RIGHTS]
)
def test_each_process_finds_what_is_there(workspace: Workspace, role: Role) -> None:
    kept = line(workspace.pk)
    with database.as_role(Role.RIGHTS):
        erasures.write(kept)
        erasures.publish()

    with database.as_role(role):
        erasures.check()


def test_without_a_file_there_is_nothing_to_compare(workspace: Workspace) -> None:
    erasures.check()
