"""A stand-in for the far side of the wire: a door on loopback that answers as it is told."""

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Answer = tuple[int, dict[str, str], dict[str, Any]]
CUT_OFF = 0  # as a status: close the connection without an answer
TAKEN: Answer = (200, {}, {"success": True})


@dataclass(slots=True)
class Posted:
    """One batch that the door took."""

    write_key: str
    calls: list[dict[str, Any]]
    inflated_bytes: int


@dataclass(slots=True)
class ScriptedDoor:
    """What the door will answer, and what it took."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)  # the journal at each poll, then `rest`
    rest: int = 0
    polls: int = 0
    posted: list[Posted] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [call for batch in self.posted for call in batch.calls]


@pytest.fixture
def door() -> Iterator[ScriptedDoor]:
    scripted = ScriptedDoor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with scripted.lock:
                answer = scripted.answers.pop(0) if scripted.answers else TAKEN
                scripted.connections.add(self.client_address)
                if answer[0] == 200:
                    inflated = gzip.decompress(body)
                    scheme, _, token = self.headers["Authorization"].partition(" ")
                    assert (scheme, self.path) == ("Basic", "/v1/batch")
                    key = base64.b64decode(token).decode().removesuffix(":")
                    batch = json.loads(inflated)["batch"]
                    scripted.posted.append(Posted(key, batch, len(inflated)))
            self.answer(answer)

        def do_GET(self) -> None:
            with scripted.lock:
                scripted.polls += 1
                left = scripted.pending.pop(0) if scripted.pending else scripted.rest
            self.answer((200, {}, {"journal_pending": left}))

        def answer(self, answer: Answer) -> None:
            status, headers, document = answer
            if status == CUT_OFF:
                self.close_connection = True
                return
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A folder such as `manage.py seed` leaves behind."""
    notes = {"write_key": "sample-key", "consent_write_key": "consent-key", "api_key": "kept"}
    (tmp_path / "demo.json").write_text(json.dumps(notes))
    return tmp_path
