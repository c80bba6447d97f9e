"""The local mailbox, by SMTP as a sender knows it."""

import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from cdp.runtime import ports
from tests.runtime.conftest import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
SERVE = (
    "import asyncio, sys; from pathlib import Path; "
    "from cdp.runtime.mailbox import Keeper, serve; "
    "asyncio.run(serve(Keeper(Path(sys.argv[1])), port=int(sys.argv[2])))"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the mailbox keeps its messages."""
    return tmp_path / "mailbox"


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """A running mailbox's port; it ends on SIGTERM with code 0."""
    number = ports.first_free(2525)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(number)],
        cwd=ROOT,
        env=dict(os.environ),
    )
    wait_until(lambda: ports.answers(number))
    yield number
    process.terminate()
    assert process.wait(10) == 0


def letter(text: str, *, message_id: str | None = None) -> EmailMessage:
    """Return a message to Mei."""
    message = EmailMessage()
    message["From"], message["To"] = "shop@shop.example", "mei.canary.1c2d@example.com"
    message["Subject"] = "春季促销"
    if message_id:
        message["Message-ID"] = message_id
    message.set_content(text)
    return message


def hand_over(port: int, *messages: EmailMessage) -> None:
    """Send messages in one session."""
    with smtplib.SMTP("127.0.0.1", port) as session:
        for message in messages:
            session.send_message(message)


def kept(folder: Path) -> list[Path]:
    """Return the stored messages."""
    return sorted(folder.glob("*.eml"))


def test_a_message_is_kept_whole_private_and_under_a_name_that_says_nothing(
    port: int, folder: Path
) -> None:
    hand_over(port, letter("Hello Mei, 你好", message_id="<a@shop.example>"))

    (path,) = kept(folder)
    stored = message_from_bytes(path.read_bytes())
    payload = stored.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().strip() == "Hello Mei, 你好"
    assert stored["To"] == "mei.canary.1c2d@example.com"
    assert (path.stat().st_mode & 0o077, folder.stat().st_mode & 0o077) == (0, 0)
    assert "mei" not in path.name


def test_the_same_message_id_handed_over_again_is_accepted_and_kept_once(
    port: int, folder: Path
) -> None:
    hand_over(port, letter("first", message_id="<once@shop.example>"))

    hand_over(port, letter("again", message_id="<once@shop.example>"))
    hand_over(port, letter("other", message_id="<other@shop.example>"))

    texts = sorted(path.read_text().rsplit("\n", 2)[-2] for path in kept(folder))
    assert texts == ["first", "other"]


def test_messages_without_an_id_are_all_kept(port: int, folder: Path) -> None:
    hand_over(port, letter("one"), letter("two"), letter("three"))

    assert len(kept(folder)) == 3


def test_a_message_id_cannot_name_a_place_outside(port: int, folder: Path) -> None:
    hand_over(port, letter("hello", message_id="<../../escaped@shop.example>"))

    assert len(kept(folder)) == 1
    assert list(folder.parent.iterdir()) == [folder]


def test_a_message_that_is_too_large_is_refused_and_leaves_nothing(port: int, folder: Path) -> None:
    with pytest.raises(smtplib.SMTPException):
        hand_over(port, letter("x" * (11 * 1024 * 1024)))

    assert list(folder.iterdir()) == []
