"""A witness for tests: signs a checkpoint only if the log's key did and it adds to the last one."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import cosignature, verify_log
from audit.checkpoint import COSIGNS, VerifierKey
from audit.verify_log import NotProved, Signed

NAME = "witness.example/w1"
SEED = bytes(range(32))


@dataclass
class FakeWitness:
    """What it saw of one log, by the stand-alone verifier's rules rather than by ours."""

    vkey: str
    seen: Signed | None = None
    now: int = 1_780_000_000
    answers: list[int] = field(default_factory=list)
    faults: list[tuple[int, bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def key(self) -> VerifierKey:
        """Return the public half."""
        return VerifierKey(NAME, _private().public_key().public_bytes_raw(), COSIGNS)

    def add(self, body: str) -> tuple[int, bytes]:
        """Answer `add-checkpoint`. Source: C2SP tlog-witness."""
        head, _, note = body.partition("\n\n")
        first, *steps = head.split("\n")
        old = int(first.removeprefix("old "))
        try:
            signed = verify_log.checked_note(note, self.vkey)
        except NotProved:
            return 403, b""
        known = self.seen.size if self.seen else 0
        if old > signed.size:
            return 400, b""
        if old != known:
            return 409, b"%d\n" % known
        if self.seen is not None and not _extends(self.seen, signed, steps):
            return 422, b""
        self.seen = signed
        return 200, self.sign(note.partition("\n\n")[0] + "\n").encode()

    def sign(self, text: str) -> str:
        """Return its signature line under a checkpoint."""
        made = _private().sign(cosignature.message(text, self.now))
        raw = self.key.id + self.now.to_bytes(8, "big") + made
        return f"— {NAME} {base64.b64encode(raw).decode()}\n"


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(SEED)


def _extends(old: Signed, new: Signed, steps: list[str]) -> bool:
    try:
        path = [verify_log.hash_in(step) for step in steps]
        return verify_log.roots_along(old, new.size, path) == (old.root, new.root)
    except NotProved:
        return False


@contextmanager
def witnessing(vkey: str) -> Iterator[FakeWitness]:
    """Run a witness of the log with this key, on a port of its own, for the length of the block."""
    witness = FakeWitness(vkey)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.path == "/w1/add-checkpoint"
            status, answer = witness.faults.pop(0) if witness.faults else witness.add(body)
            witness.answers.append(status)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    witness.url = f"http://127.0.0.1:{server.server_address[1]}/w1"
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
