"""Shops that never stop sending, and that send again what nobody answered."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from tests.stories.house import House, Visitor, basic

BATCH = 4
PAUSE_S = 0.05


def insist(
    house: House, calls: Iterable[Mapping[str, Any]], *, key: str = "write_key"
) -> list[int]:
    """Send calls until the door has accepted them; return each answer's status, 0 for none."""
    return _insist(lambda: house.port, basic(house.notes[key]), list(calls), threading.Event())


def _insist(
    port: Callable[[], int],
    headers: Mapping[str, str],
    calls: list[Mapping[str, Any]],
    pause: threading.Event,
) -> list[int]:
    body = json.dumps({"batch": calls}).encode()
    answers: list[int] = []
    while not answers or answers[-1] != http.client.OK:
        try:
            answers.append(Visitor(port()).send("/v1/batch", body, headers).status)
        except (OSError, http.client.HTTPException):
            answers.append(0)
        if answers[-1] != http.client.OK:
            pause.wait(PAUSE_S * 4)
    return answers


class Load(threading.Thread):
    """One shop: the same calls for the same seed, one batch after the other."""

    def __init__(self, house: House, *, seed: int, port: Callable[[], int] | None = None) -> None:
        super().__init__(name=f"load-{seed}", daemon=True)
        self.accepted: set[str] = set()
        self.answers: Counter[int] = Counter()
        self._headers = basic(house.notes["write_key"])
        self._port = port or (lambda: house.port)
        self._random, self._seed = Random(seed), seed
        self._stopping = threading.Event()
        self._never = threading.Event()

    def run(self) -> None:
        """Send until asked to stop; the last batch is accepted too."""
        number = 0
        while not self._stopping.is_set():
            calls = [self._call(number + each) for each in range(BATCH)]
            number += BATCH
            self.answers.update(_insist(self._port, self._headers, calls, self._never))
            self.accepted |= {str(call["messageId"]) for call in calls}
            self._stopping.wait(PAUSE_S)

    def stop(self) -> None:
        """Stop sending and wait until the last batch is in."""
        self._stopping.set()
        self.join(timeout=60)
        assert not self.is_alive(), "the last batch is not accepted"

    def _call(self, number: int) -> Mapping[str, Any]:
        return {
            "type": "track",
            "event": self._random.choice(["Tea Poured", "Soup Stirred"]),
            "anonymousId": f"visitor-{self._seed}-{self._random.randrange(200)}",
            "messageId": f"load-{self._seed}-{number}",
            "properties": {"cups": self._random.randrange(1, 9)},
        }


def kept(house: House, load: Load) -> Counter[int]:
    """Return how often each accepted call is in the event log: how many are there 0, 1, 2 times."""
    rows = house.ask("SELECT key, count(*) FROM profiles_event WHERE key LIKE 'load-%%' GROUP BY 1")
    times = dict(rows)
    return Counter(times.get(key, 0) for key in load.accepted)
