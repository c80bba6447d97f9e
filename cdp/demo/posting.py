"""
Post tracking calls to a front door: gzipped batches, few connections, nothing lost.

Calls are sent in order, at most two batches at once. What the door turns away for now (429, 503,
a broken connection) is sent again; a batch that arrives twice changes nothing, because each call
carries its own key. What the door refuses for good stops the load.
"""

import base64
import gzip
import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Self
from urllib.parse import urlsplit

import msgspec

from cdp.demo.calls import Call
from cdp.kernel import clock
from cdp.kernel.errors import CdpError

MAX_EVENTS = 500
MAX_BYTES = 1_900_000  # inflated, under the door's limit with room for the envelope
CONNECTIONS = 2
TIMEOUT_SECONDS = 60
TRIES = 100
LONGEST_WAIT_SECONDS = 300
FAST_GZIP = 1
LATER = (429, 503)
BROKEN = (OSError, http.client.HTTPException)

Pause = Callable[[float], None]


class BatchRefused(CdpError):
    """The front door will never take this batch."""

    code = "demo_batch_refused"


class DoorSilent(CdpError):
    """The front door did not take a batch after many tries."""

    code = "demo_door_silent"


@dataclass(frozen=True, slots=True)
class Batch:
    """Some calls as finished JSON, joined by commas."""

    calls: bytes
    count: int

    def body(self) -> bytes:
        """Return the request's body, stamped with the time of sending."""
        sent_at = clock.now().isoformat(timespec="milliseconds")
        envelope = b'{"sentAt":"%s","batch":[%s]}' % (sent_at.encode(), self.calls)
        return gzip.compress(envelope, compresslevel=FAST_GZIP)


def pack(calls: Iterable[Call], *, size: int, max_bytes: int = MAX_BYTES) -> Iterator[Batch]:
    """
    Yield batches of at most `size` calls and `max_bytes` of JSON, in the order of `calls`.

    :raises ValueError: `size` is not within 1..500
    """
    if not 1 <= size <= MAX_EVENTS:
        raise ValueError(f"A batch holds 1 to {MAX_EVENTS} events, not {size}.")
    encode = msgspec.json.Encoder().encode
    held: list[bytes] = []
    held_bytes = 0
    for call in calls:
        encoded = encode(call)
        if held and (len(held) == size or held_bytes + len(encoded) + 1 > max_bytes):
            yield Batch(b",".join(held), len(held))
            held, held_bytes = [], 0
        held.append(encoded)
        held_bytes += len(encoded) + 1
    if held:
        yield Batch(b",".join(held), len(held))


@dataclass(slots=True)
class Door:
    """The front door at `base_url`, with one lasting connection per thread."""

    base_url: str
    pause: Pause = time.sleep
    _local: threading.local = field(default_factory=threading.local)
    _pool: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, CONNECTIONS))
    _opened: list[http.client.HTTPConnection] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for connection in self._opened:
            connection.close()

    def post_all(self, batches: Iterable[Batch], *, write_key: str) -> Iterator[int]:
        """
        Post `batches` in order under `write_key`; yield the size of each one taken.

        :raises BatchRefused: the door answered 4xx other than 429, or something unexpected
        :raises DoorSilent: the door turned one batch away too often
        """
        waiting: deque[Future[int]] = deque()
        for batch in batches:
            waiting.append(self._pool.submit(self._post, batch, write_key=write_key))
            if len(waiting) > CONNECTIONS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def read_json(self, path: str) -> dict[str, object]:
        """Return the JSON object at `path`, whatever its status; empty if there is none now."""
        try:
            _, _, text = self._exchange("GET", path, None, {})
            found = json.loads(text)
        except (*BROKEN, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _post(self, batch: Batch, *, write_key: str) -> int:
        headers = {
            "Authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode(),
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        for tried in range(TRIES):
            try:
                status, answered, text = self._exchange("POST", "/v1/batch", batch.body(), headers)
            except BROKEN:
                self.pause(min(2**tried / 4, 5))
                continue
            if status == 200:
                return batch.count
            if status not in LATER:
                raise BatchRefused(_explain(status, text), status=status)
            self.pause(_wait_seconds(answered))
        raise DoorSilent(f"The door took no batch in {TRIES} tries; look at its log.", tries=TRIES)

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send one request over this thread's connection; a broken one is opened anew next time."""
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except BROKEN:
            connection.close()
            raise

    def _connection(self) -> http.client.HTTPConnection:
        held: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if held is None:
            parts = urlsplit(self.base_url)
            secure = parts.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            held = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
            self._local.connection = held
            self._opened.append(held)
        return held


def _wait_seconds(headers: http.client.HTTPMessage) -> float:
    """Return what `Retry-After` asks for, in seconds; one second where it says nothing."""
    asked = headers.get("Retry-After", "")
    return float(min(int(asked), LONGEST_WAIT_SECONDS)) if asked.isdecimal() else 1.0


def _explain(status: int, text: bytes) -> str:
    """Return a sentence about a refusal; of the answer only its code is repeated."""
    try:
        code = json.loads(text)["code"]
    except (ValueError, KeyError, TypeError):
        code = "no code"
    if status == 401:
        return "The front door does not know the write key in demo.json; run `manage.py seed`."
    return f"The front door answered {status} ({code}); loading stopped, and may be started again."
