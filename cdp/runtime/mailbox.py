"""
The demo's mailbox: a mail server that keeps each message as a file and delivers nothing.

Like a mailbox provider it knows a message by its Message-ID: handing the same one over again is
accepted and changes nothing. The files hold plain personal values on purpose, as a customer's own
mailbox would; they lie outside the platform, in a folder that only its owner reads.
"""

import asyncio
import hashlib
import os
import secrets
import signal
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
LARGEST_MESSAGE_BYTES = 10 * 1024 * 1024


def file_name(content: bytes) -> str:
    """
    Return the name under which a message is kept: from its Message-ID, else a random one.

    A digest, because a Message-ID is the sender's text and no file name.
    """
    message_id = BytesHeaderParser().parsebytes(content).get("Message-ID", "").strip()
    if not message_id:
        return f"{secrets.token_hex(16)}.eml"
    return f"{hashlib.sha256(message_id.encode(errors='replace')).hexdigest()[:32]}.eml"


def keep(folder: Path, content: bytes) -> bool:
    """Store a message whole or not at all; return False where its Message-ID is there already."""
    temporary = folder / f".{secrets.token_hex(16)}.new"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.link(temporary, folder / file_name(content))  # fails where the name exists
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


class Keeper:
    """
    What the mail server does with a message: wait `delay_s` (for tests), then keep it.

    A plain class: the server looks at every member, which Python 3.11.2 (Debian 12) cannot do to
    a frozen dataclass with slots.
    """

    def __init__(self, folder: Path, delay_s: float = 0.0) -> None:
        self.folder, self.delay_s = folder, delay_s

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message and accept it; the answer is the SMTP reply."""
        content = envelope.original_content or b""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        keep(self.folder, content)
        return "250 OK"


async def serve(keeper: Keeper, *, port: int) -> None:
    """Run the mail server on the loopback until SIGTERM or SIGINT."""
    keeper.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(
            keeper,
            data_size_limit=LARGEST_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            hostname="mailbox.candor.local",
            ident="Candor mailbox",
            loop=loop,
        ),
        HOST,
        port,
    )
    async with server:
        await stopped.wait()
