"""
Key services that speak the real protocols on a local port: Vault's transit engine and AWS KMS.

They really encrypt, bind the context they are given, and can be sealed, forbid or fail.
"""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.test-token"


class KeyServer:
    """What a fake service knows and was asked; `mood` makes it fail in a named way."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.mood = ""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def seal(self, key: str, plain: bytes, bound: bytes) -> bytes:
        """Return `plain` under the service's own key."""
        nonce = os.urandom(12)
        return nonce + AESGCM(self.keys[key]).encrypt(nonce, plain, bound)

    def unseal(self, key: str, sealed: bytes, bound: bytes) -> bytes:
        """Return what was sealed, or raise InvalidTag."""
        return AESGCM(self.keys[key]).decrypt(sealed[:12], sealed[12:], bound)


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.answer(self.server.facts, body)
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def answer(self, facts: KeyServer, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        raise AssertionError

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' output clean."""


class _Vault(_Handler):
    MOODS = {
        "sealed": (503, ["Vault is sealed"]),
        "broken": (500, ["internal error"]),
        "busy": (429, ["request limited"]),
    }

    def answer(self, facts: KeyServer, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        facts.asked.append((self.path, body))
        if facts.mood in self.MOODS:
            status, errors = self.MOODS[facts.mood]
            return status, {"errors": errors}
        if facts.mood == "nonsense":
            return 200, {"data": None}
        if self.headers["X-Vault-Token"] != TOKEN or facts.mood == "denied":
            return 403, {"errors": ["permission denied"]}
        _, version, mount, act, key = self.path.split("/")
        if (version, mount) != ("v1", "transit"):
            return 404, {"errors": ["no handler for route"]}
        if key not in facts.keys:
            return 400, {"errors": ["encryption key not found"]}
        bound = base64.b64decode(body["associated_data"])
        if act == "encrypt":
            sealed = facts.seal(key, base64.b64decode(body["plaintext"]), bound)
            return 200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}"}}
        try:
            sealed = base64.b64decode(body["ciphertext"].removeprefix("vault:v1:"))
            plain = facts.unseal(key, sealed, bound)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


class _Kms(_Handler):
    MOODS = {
        "broken": (500, "KMSInternalException"),
        "busy": (400, "ThrottlingException"),
        "denied": (400, "AccessDeniedException"),
        "disabled": (400, "DisabledException"),
    }

    def answer(self, facts: KeyServer, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        act = self.headers["X-Amz-Target"]
        facts.asked.append((act, body))
        assert self.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert "/kms/aws4_request" in self.headers["Authorization"]
        if facts.mood in self.MOODS:
            status, name = self.MOODS[facts.mood]
            return status, {"__type": name, "message": "no"}
        key = body["KeyId"]
        if key not in facts.keys:
            return 400, {"__type": "NotFoundException", "message": "no"}
        bound = json.dumps(body["EncryptionContext"], sort_keys=True).encode()
        if act == "TrentService.Encrypt":
            sealed = facts.seal(key, base64.b64decode(body["Plaintext"]), bound)
            return 200, {"CiphertextBlob": base64.b64encode(sealed).decode(), "KeyId": key}
        try:
            plain = facts.unseal(key, base64.b64decode(body["CiphertextBlob"]), bound)
        except InvalidTag:
            return 400, {"__type": "IncorrectKeyException", "message": "no"}
        return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": key}


@contextmanager
def serving(kind: str) -> Iterator[KeyServer]:
    """Run a service on a free port: `vault-transit` or `aws-kms`."""
    handler = {"vault-transit": _Vault, "aws-kms": _Kms}[kind]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    facts = KeyServer()
    server.facts = facts  # type: ignore[attr-defined]
    facts.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield facts
    finally:
        server.shutdown()
        server.server_close()
