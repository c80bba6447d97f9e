"""The log's public files: everybody may watch that it only grows, and nobody sees an entry."""

from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client

from audit import checkpoint, merkle, shelf, signing, tiles, verify_log
from audit.checkpoint import VerifierKey
from audit.inbox import record
from audit.sequencer import sequence
from cdp.kernel import database
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE

pytestmark = pytest.mark.django_db


def test_anyone_reads_the_checkpoint_and_the_key_that_signed_it(log: int, client: Client) -> None:
    note, vkey = client.get("/log/checkpoint"), client.get("/log/vkey")

    key = VerifierKey.parse(vkey.content.decode())
    assert checkpoint.read(note.content.decode(), [key]).size == log
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    assert note["Cache-Control"] == "public, max-age=5"
    assert note["Access-Control-Allow-Origin"] == "*"


def test_the_root_can_be_made_from_the_tiles_alone(workspace_id: UUID, client: Client) -> None:
    grow(700)
    with database.as_role(Role.AUDIT):
        signed = shelf.newest_checkpoint()
    assert signed is not None

    def load(place: tiles.Place) -> bytes:
        width = tiles.width(signed.size, place)
        path = tiles.resource(place, partial=width if width < tiles.WIDTH else 0)
        answer = client.get(f"/log/{path}")
        assert answer.status_code == HTTPStatus.OK, path
        return answer.content

    tree = tiles.Tiles(load)
    assert merkle.root(signed.size, tree.node) == signed.root
    assert [len(tree.get((0, n))) for n in range(3)] == [8192, 8192, 188 * 32]


def test_the_page_hands_out_the_program_and_the_key(log: int, client: Client) -> None:
    page, program = client.get("/log/").content.decode(), client.get("/log/verify_log.py")

    assert signing.vkey() in page
    assert f"candor.test/audit\n{log}\n" in page
    assert program.content == Path(verify_log.__file__).read_bytes()
    assert program["Content-Disposition"] == 'attachment; filename="verify_log.py"'


def test_a_tile_never_changes_and_may_be_kept(log: int, client: Client) -> None:
    answer = client.get("/log/tile/0/000.p/10")
    grow(3)

    assert client.get("/log/tile/0/000.p/10").content == answer.content
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Type"] == "application/octet-stream"
    assert not answer.cookies


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000",  # not full yet
        "tile/0/000.p/11",
        "tile/0/000.p/0",
        "tile/0/000.p/010",
        "tile/0/000.p/256",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/8/000.p/1",
        "tile/00/000.p/10",
        "tile/0/0.p/10",
        "tile/0/x000/000.p/10",
        "tile/entries/000",
        "tile/entries/000.p/10",
        "tile/0/../0/000.p/10",
        "tile/-1/000",
        "tile/0/000.p/\uff11",
        "entries",
    ],
)
def test_nothing_else_is_there(log: int, client: Client, path: str) -> None:
    assert client.get("/log/tile/0/000.p/10").status_code == HTTPStatus.OK

    assert client.get(f"/log/{path}").status_code == HTTPStatus.NOT_FOUND


def test_before_the_first_entry_there_is_no_checkpoint(workspace_id: UUID, client: Client) -> None:
    assert client.get("/log/checkpoint").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("path", ["checkpoint", "vkey", "tile/0/000.p/10"])
def test_nobody_writes_there(log: int, client: Client, path: str) -> None:
    assert client.post(f"/log/{path}").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_the_files_are_read_through_the_portals_login(log: int) -> None:
    with database.as_role(Role.PORTAL):
        assert shelf.newest_noted() is not None
        assert shelf.read_tiles([(0, 0)])
    assert signing.vkey().startswith("candor.test/audit+")


@pytest.mark.parametrize(
    ("path", "place", "width"),
    [
        ("tile/0/000", (0, 0), 256),
        ("tile/1/x001/234.p/12", (1, 1234), 12),
        ("tile/0/x001/x234/067", (0, 1_234_067), 256),
    ],
)
def test_a_tiles_path_names_it_and_its_width(path: str, place: tiles.Place, width: int) -> None:
    assert tiles.parse_resource(path) == (place, width)
    assert tiles.resource(place, partial=width % tiles.WIDTH) == path


def grow(count: int) -> None:
    for _ in range(count):
        record(ALICE, "segment.create")
    with database.as_role(Role.AUDIT):
        sequence()
