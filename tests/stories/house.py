"""
A whole Candor for one story: its own database, its real logins and its real processes.

Operators act through the console, customers through the portal and their mail, shops through the
tracking door; nothing here calls domain code.
"""

import base64
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import redis

from cdp.kernel.roles import PROCESSES
from cdp.runtime import bootstrap
from cdp.runtime.processes import Child, Service, spawn
from tests.servers import ROOT, Servers

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Answer:
    """What a door answered."""

    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def csrf(self) -> str:
        """Return the token that a form of this page carries."""
        found = _CSRF.search(self.text)
        assert found, "the page has no form"
        return found[1]


class Visitor:
    """Somebody with a browser: keeps cookies, follows redirects, sends forms back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """Open a page, redirects included."""
        return self._send("GET", path, b"", {})

    def post(self, path: str, form: Mapping[str, Any] | None = None, *, page: str = "") -> Answer:
        """Send a form; its token is taken from the page that it stands on."""
        token = self.get(page or path).csrf
        body = urlencode({"csrfmiddlewaretoken": token, **(form or {})}, doseq=True).encode()
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def send(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body as it is."""
        return self._send("POST", path, body, headers)

    def _send(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], hops: int = 5
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"Cookie": cookies, "Referer": f"http://127.0.0.1:{self._port}/"}
        connection.request(method, path, body, {**own, **headers})
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        connection.close()
        if answer.status in (301, 302, 303) and hops:
            parts = urlsplit(answer.headers["Location"])
            where = parts.path + (f"?{parts.query}" if parts.query else "")
            return self._send("GET", where, b"", {}, hops - 1)
        return answer


def basic(key: str) -> dict[str, str]:
    """Return the headers by which a shop's server shows its write key."""
    header = base64.b64encode(f"{key}:".encode()).decode()
    return {"Authorization": f"Basic {header}", "Content-Type": "text/plain"}


class House:
    """Running processes over one database, and the ways in."""

    def __init__(self, servers: Servers, name: str, folder: Path) -> None:
        self.servers, self.database, self.folder = servers, name, folder
        self.port, self.smtp_port = _free_port(), _free_port()
        self.mailbox = folder / "mailbox"
        self.mailbox.mkdir()
        self.children: dict[str, Child] = {}
        servers.clone(name)
        self._share_static_files()
        # what an earlier house left in the broker names a database that is gone
        redis.Redis.from_url(servers.valkey_url).flushall()
        self.run("seed")
        self.notes: dict[str, Any] = json.loads((folder / "demo.json").read_text())

    def _share_static_files(self) -> None:
        """Use the run's static files, collected by the first house."""
        shared = self.servers.folder / "static"
        (self.folder / "static").symlink_to(shared)
        if not shared.exists():
            shared.mkdir()
            self.run("collectstatic", "--noinput")

    # ── processes ────────────────────────────────────────────────────────────────────────────
    def environment(self, process: str) -> dict[str, str]:
        """Return what a process of this kind is told: its own logins and no others."""
        dsns = {
            role: self.servers.dsn(role, self.database)
            for role in PROCESSES.get(process, {}).values()
        }
        kind = {"CDP_PROCESS": process} if process in PROCESSES else {}  # a mailbox has no login
        return {
            **os.environ,
            **kind,
            "DJANGO_SETTINGS_MODULE": "cdp.settings.embedded",
            "CDP_DSNS": json.dumps(dsns),
            "CDP_VAR": str(self.folder),
            "CDP_KEYRING": str(self.servers.keyring),
            "CDP_SECRET_KEY": self.servers.secret_key,
            "CDP_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "CDP_SMTP_PORT": str(self.smtp_port),
            "CDP_MAILBOX_DIR": str(self.mailbox),
            "CDP_DEMO": "1",
            "VALKEY_URL": self.servers.valkey_url,
        }

    def run(self, *command: str, process: str = "web") -> str:
        """Run a command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment(process),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def start(self, name: str, *more: str) -> Child:
        """Start one process, with more arguments if given, and wait until it does its work."""
        commands: dict[str, tuple[str, tuple[str, ...], Callable[[], bool]]] = {
            "web": (
                "web",
                ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port",
                 str(self.port), "--workers", "1", "--blocking-threads", "4", "--log-level",
                 "warning", "cdp.wsgi:application"),
                lambda: _answers(self.port),
            ),
            "drain": ("ingest", ("manage.py", "drain"), lambda: True),
            "sequencer": ("sequencer", ("manage.py", "sequencer"), lambda: True),
            "beat": (
                "beat",
                ("-m", "celery", "-A", "cdp.celery:app", "--skip-checks", "beat", "--loglevel",
                 "WARNING", "--pidfile", "", "--schedule", str(self.folder / "beat-schedule")),
                lambda: True,
            ),
            "mailbox": ("mailbox", ("manage.py", "mailbox"), lambda: _answers(self.smtp_port)),
        }  # fmt: skip
        worker = ("work", ("-m", "celery", "-A", "cdp.celery:app", "--skip-checks", "worker", "-Q",
                           "work", "--concurrency", "1", "--loglevel", "WARNING",
                           "--without-gossip", "--without-mingle", "-n", f"{name}@story"),
                  lambda: True)  # fmt: skip
        process, arguments, ready = commands.get(name, worker)
        service = Service(
            name=name,
            command=(sys.executable, *arguments, *more),
            environment=self.environment(process),
            folder=ROOT,
            ready=ready,
        )
        child = spawn(service, log=self.folder / "log" / f"{name}.log")
        self.children[name] = child
        eventually(lambda: child.is_over() or ready(), why=f"{name} does not start", seconds=60)
        assert not child.is_over(), (self.folder / "log" / f"{name}.log").read_text()[-4000:]
        return child

    def kill(self, name: str) -> None:
        """End a process and all its children at once, as the kernel would when memory runs out."""
        child = self.children.pop(name)
        os.killpg(os.getpgid(child.pid), signal.SIGKILL)
        eventually(child.is_over, why=f"{name} does not die")

    def move_web(self) -> Child:
        """Start another web process on another port and lead visitors there; return the former."""
        former = self.children.pop("web")
        self.port = _free_port()
        self.start("web")
        return former

    def dead(self) -> list[str]:
        """Return the processes that ended although nobody asked them to."""
        return [name for name, child in self.children.items() if child.is_over()]

    def stop(self) -> None:
        """End everything and remove the database."""
        for child in reversed(list(self.children.values())):
            child.ask_to_stop()
        for child in self.children.values():
            deadline = time.monotonic() + 15
            while not child.is_over() and time.monotonic() < deadline:
                time.sleep(0.05)
            child.kill()
        self.servers.drop(self.database)

    # ── ways in ──────────────────────────────────────────────────────────────────────────────
    def visitor(self) -> Visitor:
        """Return somebody with a fresh browser."""
        return Visitor(self.port)

    def operator(self, email: str = "demo@candor.example") -> Visitor:
        """Return an operator who has signed in."""
        password = next(o["password"] for o in self.notes["operators"] if o["email"] == email)
        visitor = self.visitor()
        answer = visitor.post("/account/signin/", {"email": email, "password": password})
        assert answer.status == 200 and "signout" in answer.text, answer.text[:2000]
        return visitor

    def track(self, calls: Iterable[Mapping[str, Any]], *, key: str = "write_key") -> None:
        """Send calls to the tracking door, 400 a request."""
        headers = basic(self.notes[key])
        batch = list(calls)
        for at in range(0, len(batch), 400):
            body = json.dumps({"batch": batch[at : at + 400]}).encode()
            answer = self.visitor().send("/v1/batch", body, headers)
            assert answer.status == 200, answer.text

    def drained(self) -> None:
        """Wait until the journal is empty."""
        eventually(
            lambda: json.loads(self.visitor().get("/readyz").text)["journal_pending"] == 0,
            why="the journal is not drained",
            seconds=120,
        )

    def letters(self, to: str = "") -> list[EmailMessage]:
        """Return what the mailbox holds, to everybody or to one address."""
        found = []
        files = sorted(self.mailbox.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        for file in files:
            message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
            assert isinstance(message, EmailMessage)
            if not to or to in str(message["To"]):
                found.append(message)
        return found

    def ask(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Look at the database from above, as its administrator; for what no door shows."""
        dsn = bootstrap.with_database(self.servers.administrator, self.database)
        with psycopg.connect(dsn, autocommit=True) as server:
            return server.execute(statement, arguments).fetchall()

    def checkpoint(self) -> None:
        """Have PostgreSQL write everything it holds in memory to its files."""
        with psycopg.connect(self.servers.administrator, autocommit=True) as server:
            server.execute("CHECKPOINT")


def eventually(holds: Callable[[], bool], *, why: str, seconds: float = 60) -> None:
    """Wait until something holds; fail with `why` when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(why)


def person(number: int, *, name: str = "Walker") -> dict[str, Any]:
    """Return the identify call of a made-up customer whose values carry a canary."""
    return {
        "type": "identify",
        "userId": f"u-{number}",
        "messageId": f"identify-{number}",
        "traits": {
            "email": f"canary7f3a.{number}@example.com",
            "phone": f"+1415555{number % 10_000:04d}",
            "first_name": f"Canary7f3a{name}",
            "name": f"Canary7f3a{name} Number{number}",
            "birthday": "1984-05-02",
            "address": {"street": f"{number} Canary7f3a Road", "city": "Springfield"},
        },
    }


def says(number: int, choices: Mapping[str, bool]) -> dict[str, Any]:
    """Return the call by which a customer says yes or no to purposes."""
    return {
        "type": "track",
        "event": "Segment Consent Preference Updated",
        "userId": f"u-{number}",
        "messageId": f"consent-{number}-{secrets.token_hex(4)}",
        "context": {"consent": {"categoryPreferences": dict(choices)}},
    }


def buys(number: int, total: float, *, days_ago: float = 40) -> dict[str, Any]:
    """Return an order of a customer, so many days before now."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    product = {"product_id": "p1", "department": "GROCERY", "category": "SOUP",
               "brand": "National", "price": total, "quantity": 1, "total": total}  # fmt: skip
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": f"u-{number}",
        "messageId": f"order-{number}-{secrets.token_hex(4)}",
        "timestamp": at.isoformat(),
        "properties": {"order_id": f"o-{number}", "total": total, "currency": "USD",
                       "products": [product]},
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
